//! Compiles the contract: messages and stubs of the packages asked for, their descriptor sets, and the access tables
//! that the RPCs declare in their options. An RPC without a declaration stops the build.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]

use std::{env, fmt::Write as _, fs, path::PathBuf};

use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, ReflectMessage as _, Value};

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
    tonic_prost_build::configure()
        .build_server(server)
        .build_transport(server)
        .out_dir(&out)
        .compile_fds_with_config(descriptors, messages)?;

    for portal in PORTALS.iter().filter(|p| packages.contains(p)) {
        let mut compiler = protox::Compiler::new(["."])?;
        compiler.include_imports(true);
        compiler.open_files(proto_files(&["common", portal])?)?;
        // Encoded by protox itself: only this keeps the custom options.
        let bytes = compiler.encode_file_descriptor_set();
        fs::write(out.join(format!("{portal}.binpb")), &bytes)?;
        fs::write(out.join(format!("{portal}_access.rs")), access_table(portal, &bytes)?)?;
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
    let text =
        |name: &str| -> String { access.get_field_by_name(name).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default() };
    let flag = |name: &str| access.get_field_by_name(name).and_then(|v| v.as_bool()).unwrap_or_default();
    let level = match access.get_field_by_name("level").and_then(|v| v.as_enum_number()) {
        Some(1) => "Anonymous",
        Some(2) => "Pending",
        Some(3) => "SignedIn",
        _ => return Err(format!("{} declares no level", method.full_name()).into()),
    };
    let role_enum =
        access.descriptor().get_field_by_name("roles").and_then(|f| f.kind().as_enum().cloned()).ok_or("roles is not an enum")?;
    let mut roles = Vec::new();
    if let Some(value) = access.get_field_by_name("roles") {
        for role in value.as_list().unwrap_or_default() {
            let number = role.as_enum_number().ok_or("role is not an enum")?;
            let name = role_enum.get_value(number).ok_or("unknown role")?.name().to_owned();
            roles.push(name.trim_start_matches("ROLE_").to_owned());
        }
    }
    let mut fields = Vec::new();
    if let Some(value) = access.get_field_by_name("audit_fields") {
        fields.extend(value.as_list().unwrap_or_default().iter().filter_map(|v| v.as_str().map(str::to_owned)));
    }
    writeln!(
        table,
        "    Access {{ path: \"/{}/{}\", level: Level::{level}, roles: &{roles:?}, permission: {:?}, \
         audit: {:?}, audit_fields: &{fields:?}, limit: {:?}, mutation: {}, own_affairs: {}, recovery: {}, streaming: {}, input: {:?} }},",
        method.parent_service().full_name(),
        method.name(),
        text("permission"),
        text("audit"),
        text("limit"),
        flag("mutation"),
        // Declared only where people can be read-only.
        flag("own_affairs"),
        // Declared only where there is a Recovery Mode.
        flag("recovery"),
        method.is_server_streaming(),
        method.input().full_name(),
    )?;
    Ok(())
}
