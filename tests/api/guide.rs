//! docs/integrate.md: its commands run in a shell, with a stand-in for the program that calls, and what they would send is something
//! that the contract knows.

use std::{fs, path::Path, process::Command};

use prost_reflect::{DescriptorPool, DynamicMessage};
use streamflow_proto::client::DESCRIPTORS;

/// Notes the arguments of each call, and answers like a server that has something to say to each question.
const STAND_IN: &str = r#"
buf() { printf '%s\037' "$@" >> "$CALLS"; printf '\036' >> "$CALLS"; echo '{}'; }
jq() { cat > jq.txt; echo 1; }
PASSWORD=p CURSOR=1.2
"#;

struct Call {
    /// "SessionService/Me"; empty where the server is asked for its methods.
    method: String,
    body: String,
    headers: Vec<String>,
}

fn calls() -> Vec<Call> {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/integrate.md")).unwrap();
    let blocks = guide.split("```\n").skip(1).step_by(2).filter(|block| block.contains("sf ") || block.contains("buf curl"));
    let script = [STAND_IN].into_iter().chain(blocks).collect::<Vec<_>>().join("\n");
    let folder = tempfile::tempdir().unwrap();
    let noted = folder.path().join("calls");
    let done = Command::new("sh").args(["-ec", &script]).current_dir(&folder).env("CALLS", &noted).env("TOKEN", "t").output();
    let done = done.expect("a shell");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let noted = fs::read_to_string(noted).unwrap();
    noted.split_terminator('\u{1e}').map(|call| Call::of(&call.split_terminator('\u{1f}').collect::<Vec<_>>())).collect()
}

impl Call {
    fn of(arguments: &[&str]) -> Self {
        let after = |name: &'static str| {
            arguments
                .iter()
                .zip(arguments.iter().skip(1))
                .filter(move |(flag, _)| **flag == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let url = arguments.iter().find_map(|argument| argument.strip_prefix("http://127.0.0.1:7001")).expect("an address");
        Self {
            method: url.strip_prefix("/streamflow.client.v1.").unwrap_or_default().to_owned(),
            body: after("-d").next().unwrap_or_else(|| "{}".to_owned()),
            headers: after("-H").collect(),
        }
    }
}

#[test]
fn the_guide_sends_what_the_contract_knows() {
    let calls = calls();
    let contract = DescriptorPool::decode(DESCRIPTORS).unwrap();
    for Call { method, body, headers } in &calls {
        assert!(headers.iter().any(|header| header == "x-streamflow-portal: client"), "{method}: {headers:?}");
        let Some((service, rpc)) = method.split_once('/') else { continue };
        let service = contract.get_service_by_name(&format!("streamflow.client.v1.{service}")).expect(service);
        let rpc = service.methods().find(|known| known.name() == rpc).expect(rpc);
        let mut json = serde_json::Deserializer::from_str(body);
        let read = DynamicMessage::deserialize(rpc.input(), &mut json).map_err(|error| error.to_string());
        assert!(read.is_ok() && json.end().is_ok(), "{method}: {read:?} in {body}");
    }
    let methods: Vec<&str> = calls.iter().map(|call| call.method.as_str()).collect();
    for shown in
        ["", "SessionService/SignIn", "CustomerService/ListCustomers", "CustomerService/UpdateCustomer", "ChangeService/Watch"]
    {
        assert!(methods.contains(&shown), "{methods:?}");
    }
    let repeatable = |call: &Call| call.headers.iter().any(|header| header.starts_with("idempotency-key: "));
    assert!(calls.iter().any(repeatable));
}
