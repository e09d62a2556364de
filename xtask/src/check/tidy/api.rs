//! `proto/api.txt`: the whole contract on one page, so that a change of the wire or of a right is a diff to read.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor, Value,
};

use crate::shell;

const FILE: &str = "proto/api.txt";

pub fn check() -> Result<()> {
    let committed = fs::read_to_string(FILE).unwrap_or_default();
    let current = text()?;
    if committed == current {
        return Ok(());
    }
    let line = committed.lines().zip(current.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| committed.lines().count().min(current.lines().count()));
    let now = current.lines().nth(line).unwrap_or("(end)");
    bail!("{FILE}:{}: the contract says `{}`; run `cargo xtask check --bless`", line + 1, now.trim());
}

pub fn bless() -> Result<()> {
    fs::write(FILE, text()?)?;
    shell::say(&format!("wrote {FILE}"));
    Ok(())
}

fn text() -> Result<String> {
    let pool = descriptors()?;
    let ours = |name: &str| name.starts_with("streamflow.");
    let mut text = String::from("Written by `cargo xtask check --bless`; read as a diff.\n");
    let mut services: Vec<_> = pool.services().collect();
    services.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    for service in services {
        writeln!(text, "\nservice {}{}", service.full_name(), served_by(&service))?;
        for method in service.methods() {
            write_method(&mut text, &method)?;
        }
    }
    let mut messages: Vec<_> = pool.all_messages().filter(|m| ours(m.full_name()) && !m.is_map_entry()).collect();
    messages.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    for message in messages {
        write_message(&mut text, &message)?;
    }
    let mut enums: Vec<_> = pool.all_enums().filter(|e| ours(e.full_name())).collect();
    enums.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    for item in enums {
        write_enum(&mut text, &item)?;
    }
    Ok(text)
}

fn descriptors() -> Result<DescriptorPool> {
    let root = Path::new("proto");
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true);
    for path in shell::files(&root.join("streamflow"))? {
        if path.extension().is_some_and(|extension| extension == "proto") {
            compiler.open_file(path)?;
        }
    }
    // Encoded by protox itself: only this keeps the custom options.
    Ok(DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice())?)
}

/// The systems that a service between systems declares.
fn served_by(service: &ServiceDescriptor) -> String {
    let options = service.options();
    let found = options.extensions().find(|(extension, _)| extension.name() == "served_by");
    let Some((extension, Value::List(systems))) = found else { return String::new() };
    let kind = extension.kind();
    let name = |value: &Value| {
        let number = value.as_enum_number().unwrap_or_default();
        let name = kind.as_enum().and_then(|kind| kind.get_value(number)).map(|value| value.name().to_owned());
        name.unwrap_or_default().trim_start_matches("SYSTEM_").to_owned()
    };
    format!(" served by {}", systems.iter().map(name).collect::<Vec<_>>().join(","))
}

fn write_method(text: &mut String, method: &MethodDescriptor) -> Result<()> {
    let stream = |streams: bool| if streams { "stream " } else { "" };
    writeln!(
        text,
        "  {}({}{}) -> {}{}",
        method.name(),
        stream(method.is_client_streaming()),
        method.input().name(),
        stream(method.is_server_streaming()),
        method.output().name(),
    )?;
    let options = method.options();
    for (extension, value) in options.extensions() {
        if extension.name() == "access" {
            let access = value.as_message().context("access is not a message")?;
            writeln!(text, "    {}", access_line(access))?;
        }
    }
    Ok(())
}

/// The fields that are set, in the order of their numbers, without prefixes that say nothing.
fn access_line(access: &DynamicMessage) -> String {
    let mut fields: Vec<_> = access.fields().collect();
    fields.sort_by_key(|(field, _)| field.number());
    let parts = fields.iter().map(|(field, value)| format!("{}={}", field.name(), value_text(field, value)));
    parts.collect::<Vec<_>>().join(" ")
}

fn value_text(field: &FieldDescriptor, value: &Value) -> String {
    match (value, field.kind()) {
        (Value::List(items), _) => items.iter().map(|item| value_text(field, item)).collect::<Vec<_>>().join(","),
        (Value::EnumNumber(number), Kind::Enum(kind)) => {
            let name = kind.get_value(*number).map_or_else(|| number.to_string(), |v| v.name().to_owned());
            name.trim_start_matches("ACCESS_LEVEL_").trim_start_matches("ROLE_").trim_start_matches("SYSTEM_").to_owned()
        }
        (Value::String(text), _) => text.clone(),
        (Value::Bool(flag), _) => flag.to_string(),
        (other, _) => format!("{other:?}"),
    }
}

fn write_message(text: &mut String, message: &MessageDescriptor) -> Result<()> {
    writeln!(text, "\nmessage {}", message.full_name())?;
    let mut fields: Vec<_> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    for field in fields {
        write!(text, "  {} {}: {}", field.number(), field.name(), type_text(&field))?;
        match field.containing_oneof().filter(|_| !field.field_descriptor_proto().proto3_optional()) {
            Some(oneof) => writeln!(text, " (oneof {})", oneof.name())?,
            None => writeln!(text)?,
        }
    }
    Ok(())
}

fn type_text(field: &FieldDescriptor) -> String {
    let name = match field.kind() {
        Kind::Message(message) if message.is_map_entry() => {
            let (key, value) = (message.map_entry_key_field(), message.map_entry_value_field());
            return format!("map<{}, {}>", type_text(&key), type_text(&value));
        }
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(item) => item.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    if field.is_list() {
        format!("repeated {name}")
    } else if field.field_descriptor_proto().proto3_optional() {
        format!("optional {name}")
    } else {
        name
    }
}

fn write_enum(text: &mut String, item: &EnumDescriptor) -> Result<()> {
    writeln!(text, "\nenum {}", item.full_name())?;
    for value in item.values() {
        writeln!(text, "  {} {}", value.number(), value.name())?;
    }
    Ok(())
}
