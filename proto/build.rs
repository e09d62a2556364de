//! Compiles the contract: messages and stubs of the packages asked for, their descriptor sets, and the access tables
//! that the RPCs declare in their options. An RPC without a declaration stops the build.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]

#[path = "build/small_clients.rs"]
mod small_clients;

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::PathBuf};

use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, MethodDescriptor, ReflectMessage as _, Value};

const PORTALS: [&str; 4] = ["client", "provider", "dev", "accountant"];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=streamflow");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let server = env::var("CARGO_FEATURE_SERVER").is_ok();
    let mut packages = vec!["common"];
    packages.extend(PORTALS.iter().filter(|p| env::var(format!("CARGO_FEATURE_{}", p.to_uppercase())).is_ok()));
    if server {
        packages.push("federation");
    }

    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true);
    compiler.open_files(proto_files(&packages)?)?;
    let descriptors = compiler.file_descriptor_set();
    let mut messages = tonic_prost_build::Config::new();
    // Details of errors travel as `Any`, which names its type.
    messages.enable_type_names();
    if server {
        tonic_prost_build::configure().out_dir(&out).compile_fds_with_config(descriptors, messages)?;
    } else {
        messages.out_dir(&out).service_generator(Box::new(small_clients::SmallClients)).compile_fds(descriptors)?;
    }

    for portal in PORTALS.iter().filter(|p| packages.contains(p)) {
        let mut compiler = protox::Compiler::new(["."])?;
        compiler.include_imports(true);
        compiler.open_files(proto_files(&["common", portal])?)?;
        // Encoded by protox itself: only this keeps the custom options.
        let bytes = compiler.encode_file_descriptor_set();
        fs::write(out.join(format!("{portal}.binpb")), &bytes)?;
        fs::write(out.join(format!("{portal}_access.rs")), access_table(portal, &bytes)?)?;
        fs::write(out.join(format!("{portal}_rpcs.rs")), rpc_names(&bytes)?)?;
    }
    if server {
        let mut compiler = protox::Compiler::new(["."])?;
        compiler.include_imports(true);
        compiler.open_files(proto_files(&["federation"])?)?;
        let bytes = compiler.encode_file_descriptor_set();
        fs::write(out.join("federation.binpb"), &bytes)?;
        fs::write(out.join("federation_access.rs"), federation_table(&bytes)?)?;
        fs::write(out.join("federation_systems.rs"), systems(&bytes)?)?;
    }
    Ok(())
}

fn proto_files(packages: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for package in packages {
        for entry in fs::read_dir(format!("streamflow/{package}/v1"))? {
            files.push(entry?.path());
        }
    }
    files.sort();
    Ok(files)
}

/// What the RPCs are called, for pages that name them.
fn rpc_names(bytes: &[u8]) -> Result<String> {
    let pool = DescriptorPool::decode(bytes)?;
    let names: BTreeSet<String> = pool
        .services()
        .flat_map(|service| service.methods().map(|method| method.name().to_owned()).collect::<Vec<_>>())
        .collect();
    Ok(format!("&{:?}", names.into_iter().collect::<Vec<_>>()))
}

fn access_table(portal: &str, bytes: &[u8]) -> Result<String> {
    let pool = DescriptorPool::decode(bytes)?;
    let extension = pool
        .get_extension_by_name(&format!("streamflow.{portal}.v1.access"))
        .ok_or_else(|| format!("{portal}: no access option"))?;
    let mut table = String::from("&[\n");
    for service in pool.services() {
        for method in service.methods() {
            let options = method.options();
            if !options.has_extension(&extension) {
                return Err(format!("{} declares no access", method.full_name()).into());
            }
            let value = options.get_extension(&extension).into_owned();
            let Value::Message(access) = value else { return Err("access is not a message".into()) };
            write_row(&mut table, &method, &access)?;
        }
    }
    table.push_str("]\n");
    Ok(table)
}

fn write_row(table: &mut String, method: &MethodDescriptor, access: &DynamicMessage) -> Result<()> {
    let level = match access.get_field_by_name("level").and_then(|v| v.as_enum_number()) {
        Some(1) => "Anonymous",
        Some(2) => "Pending",
        Some(3) => "SignedIn",
        _ => return Err(format!("{} declares no level", method.full_name()).into()),
    };
    let roles = names(access, "roles", "ROLE_")?;
    writeln!(table, "    {},", row(method, access, level, &roles))?;
    Ok(())
}

/// What systems may ask of each other: the same rows, with those who serve them.
fn federation_table(bytes: &[u8]) -> Result<String> {
    let pool = DescriptorPool::decode(bytes)?;
    let extension = |name: &str| {
        let full = format!("streamflow.federation.v1.{name}");
        pool.get_extension_by_name(&full).ok_or_else(|| format!("no option {full}"))
    };
    let (access, served_by) = (extension("access")?, extension("served_by")?);
    let mut table = String::from("&[\n");
    for service in pool.services() {
        let options = service.options();
        let value = options.get_extension(&served_by).into_owned();
        let servers = enum_names(&value, served_by.kind().as_enum().ok_or("served_by is not an enum")?, "SYSTEM_")?;
        if servers.is_empty() {
            return Err(format!("{} is served by no system", service.full_name()).into());
        }
        for method in service.methods() {
            let value = method.options().get_extension(&access).into_owned();
            let Value::Message(access) = value else { return Err("access is not a message".into()) };
            let callers = names(&access, "callers", "SYSTEM_")?;
            if callers.is_empty() {
                return Err(format!("{} declares no callers", method.full_name()).into());
            }
            writeln!(table, "    Served {{ servers: &{servers:?}, access: {} }},", row(&method, &access, "SignedIn", &callers))?;
        }
    }
    table.push_str("]\n");
    Ok(table)
}

/// All systems there are.
fn systems(bytes: &[u8]) -> Result<String> {
    let pool = DescriptorPool::decode(bytes)?;
    let systems = pool.get_enum_by_name("streamflow.federation.v1.System").ok_or("no enum System")?;
    let names: Vec<String> =
        systems.values().filter(|value| value.number() != 0).map(|value| value.name().replace("SYSTEM_", "")).collect();
    Ok(format!("&{names:?}"))
}

/// Names of a repeated enum field, without their prefix.
fn names(message: &DynamicMessage, field: &str, prefix: &str) -> Result<Vec<String>> {
    let kind = message.descriptor().get_field_by_name(field).and_then(|f| f.kind().as_enum().cloned());
    let kind = kind.ok_or_else(|| format!("{field} is not an enum"))?;
    let Some(value) = message.get_field_by_name(field) else { return Ok(Vec::new()) };
    enum_names(&value, &kind, prefix)
}

fn enum_names(list: &Value, kind: &EnumDescriptor, prefix: &str) -> Result<Vec<String>> {
    let name = |value: &Value| -> Result<String> {
        let number = value.as_enum_number().ok_or("not an enum")?;
        let name = kind.get_value(number).ok_or("an unknown enum value")?.name().to_owned();
        Ok(name.trim_start_matches(prefix).to_owned())
    };
    list.as_list().unwrap_or_default().iter().map(name).collect()
}

/// One `Access` as Rust writes it.
fn row(method: &MethodDescriptor, access: &DynamicMessage, level: &str, roles: &[String]) -> String {
    let text =
        |name: &str| -> String { access.get_field_by_name(name).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default() };
    let flag = |name: &str| access.get_field_by_name(name).and_then(|v| v.as_bool()).unwrap_or_default();
    let mut fields = Vec::new();
    if let Some(value) = access.get_field_by_name("audit_fields") {
        fields.extend(value.as_list().unwrap_or_default().iter().filter_map(|v| v.as_str().map(str::to_owned)));
    }
    format!(
        "Access {{ path: \"/{}/{}\", level: Level::{level}, roles: &{roles:?}, permission: {:?}, module: {:?}, \
         audit: {:?}, audit_fields: &{fields:?}, limit: {:?}, mutation: {}, own_affairs: {}, after_trial: {}, while_suspended: {}, http: {:?}, recovery: {}, \
         elevation: {:?}, support: {}, streaming: {}, input: {:?} }}",
        method.parent_service().full_name(),
        method.name(),
        text("permission"),
        // Declared only where companies switch features.
        text("module"),
        text("audit"),
        text("limit"),
        flag("mutation"),
        // Declared only where people can be read-only.
        flag("own_affairs"),
        // Declared only where there are trials.
        flag("after_trial"),
        // Declared only where there are companies.
        flag("while_suspended"),
        // Declared only where programs of others come.
        text("http"),
        // Declared only where there is a Recovery Mode.
        flag("recovery"),
        // Declared only where people take on rights for a time.
        text("elevation"),
        // Declared only where there are support sessions.
        flag("support"),
        method.is_server_streaming(),
        method.input().full_name(),
    )
}
