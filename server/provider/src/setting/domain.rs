//! Which settings there are, and what they may hold.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use streamflow_kernel::error::{Error, Result, Violations};
use streamflow_proto::provider::v1::{self as pb, setting_value::Value as PbValue};

pub const SIGN_IN_NETWORKS: &Definition = &DEFINITIONS[0];
pub const VIEWERS_SIGN_IN: &Definition = &DEFINITIONS[1];

/// Most entries of a list of networks.
const MAX_NETWORKS: usize = 50;
const MILLION: i64 = 1_000_000;

#[derive(Debug)]
pub struct Definition {
    pub key: &'static str,
    pub group: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub kind: Kind,
    /// Is part of the copy that is kept outside the database.
    pub is_mirrored: bool,
}

#[derive(Debug)]
pub enum Kind {
    Flag { default: bool },
    Amount { unit: &'static str, max: i64 },
    Networks,
}

pub const DEFINITIONS: &[Definition] = &[
    Definition {
        key: "sign_in.networks",
        group: "Sign-in",
        title: "Allowed networks",
        description: "Addresses and blocks from which this portal can be signed in to. Empty means from anywhere.",
        kind: Kind::Networks,
        is_mirrored: true,
    },
    Definition {
        key: "sign_in.viewers",
        group: "Sign-in",
        title: "Viewers may sign in",
        description: "Turned off, only administrators can sign in; sessions of viewers end at their next request.",
        kind: Kind::Flag { default: true },
        is_mirrored: true,
    },
    Definition {
        key: "ai_budget.total",
        group: "AI budgets",
        title: "All tenants together",
        description: "Most that assistants may cost in a month. Nothing spends from it yet.",
        kind: Kind::Amount { unit: "EUR a month", max: MILLION },
        is_mirrored: false,
    },
    Definition {
        key: "ai_budget.tenant",
        group: "AI budgets",
        title: "One tenant",
        description: "Most that the assistants of one tenant may cost in a month. Nothing spends from it yet.",
        kind: Kind::Amount { unit: "EUR a month", max: MILLION },
        is_mirrored: false,
    },
];

pub fn definition(key: &str) -> Result<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.key == key).ok_or_else(|| Error::not_found("setting"))
}

/// What a setting holds. As JSON in rows and in the mirror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Flag(bool),
    Amount(i64),
    Networks(Vec<IpNet>),
}

impl Definition {
    /// What holds while nobody has said otherwise.
    pub fn default(&self) -> Value {
        match self.kind {
            Kind::Flag { default } => Value::Flag(default),
            Kind::Amount { .. } => Value::Amount(0),
            Kind::Networks => Value::Networks(Vec::new()),
        }
    }

    pub fn parse(&self, value: Option<pb::SettingValue>) -> Result<Value> {
        match (&self.kind, value.and_then(|value| value.value)) {
            (Kind::Flag { .. }, Some(PbValue::Flag(flag))) => Ok(Value::Flag(flag)),
            (Kind::Amount { max, .. }, Some(PbValue::Amount(amount))) => {
                let fits = (0..=*max).contains(&amount);
                if fits {
                    Ok(Value::Amount(amount))
                } else {
                    Err(Error::invalid("value", format!("Enter a whole number from 0 to {max}.")))
                }
            }
            (Kind::Networks, Some(PbValue::Networks(list))) => networks(&list.networks),
            _ => Err(Error::invalid("value", "Send a value of the setting's kind.")),
        }
    }
}

fn networks(texts: &[String]) -> Result<Value> {
    let mut violations = Violations::new();
    if texts.len() > MAX_NETWORKS {
        violations.add("value", format!("Use at most {MAX_NETWORKS} entries."));
    }
    let mut networks = Vec::new();
    for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        match network {
            Ok(network) if !networks.contains(&network.trunc()) => networks.push(network.trunc()),
            Ok(_) => {}
            Err(_) => violations.add("value", format!("“{text}” is neither an address nor a block such as 192.0.2.0/24.")),
        }
    }
    violations.into_result()?;
    Ok(Value::Networks(networks))
}

impl Value {
    /// Whether a list of networks lets this address in.
    pub fn admits(&self, ip: IpAddr) -> bool {
        match self {
            Self::Networks(networks) => {
                networks.is_empty() || networks.iter().any(|network| network.contains(&ip.to_canonical()))
            }
            Self::Flag(_) | Self::Amount(_) => true,
        }
    }

    pub fn is_on(&self) -> bool {
        *self == Self::Flag(true)
    }

    pub fn into_pb(self) -> pb::SettingValue {
        let value = match self {
            Self::Flag(flag) => PbValue::Flag(flag),
            Self::Amount(amount) => PbValue::Amount(amount),
            Self::Networks(networks) => {
                PbValue::Networks(pb::NetworkList { networks: networks.iter().map(ToString::to_string).collect() })
            }
        };
        pb::SettingValue { value: Some(value) }
    }

    /// As people read it.
    pub fn words(&self) -> String {
        match self {
            Self::Flag(true) => "On".to_owned(),
            Self::Flag(false) => "Off".to_owned(),
            Self::Amount(amount) => amount.to_string(),
            Self::Networks(networks) if networks.is_empty() => "From anywhere".to_owned(),
            Self::Networks(networks) => networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> pb::SettingValue {
        let networks = texts.iter().map(ToString::to_string).collect();
        pb::SettingValue { value: Some(PbValue::Networks(pb::NetworkList { networks })) }
    }

    #[test]
    fn networks_let_in_what_they_hold() {
        let value = SIGN_IN_NETWORKS.parse(Some(list(&["192.0.2.9/24", " 2001:db8::1 ", "192.0.2.0/24", ""]))).unwrap();
        assert_eq!(value.words(), "192.0.2.0/24, 2001:db8::1/128");
        assert!(value.admits("192.0.2.200".parse().unwrap()) && value.admits("::ffff:192.0.2.1".parse().unwrap()));
        assert!(!value.admits("198.51.100.1".parse().unwrap()));
        assert!(SIGN_IN_NETWORKS.default().admits("198.51.100.1".parse().unwrap()));
        let Err(Error::Invalid(violations)) = SIGN_IN_NETWORKS.parse(Some(list(&["x", "192.0.2.0/33"]))) else {
            panic!("accepted")
        };
        assert_eq!(violations.iter().count(), 2);
    }

    #[test]
    fn amounts_have_bounds_and_kinds_don_t_mix() {
        let amount = |amount| Some(pb::SettingValue { value: Some(PbValue::Amount(amount)) });
        let budget = definition("ai_budget.total").unwrap();
        assert_eq!(budget.parse(amount(MILLION)).unwrap(), Value::Amount(MILLION));
        assert!(budget.parse(amount(-1)).is_err() && budget.parse(amount(MILLION + 1)).is_err());
        assert!(VIEWERS_SIGN_IN.parse(amount(1)).is_err() && VIEWERS_SIGN_IN.parse(None).is_err());
        assert!(definition("internal.admin_index").is_err());
    }

    #[test]
    fn values_survive_their_json() {
        for definition in DEFINITIONS {
            let value = definition.default();
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value, "{json}");
        }
    }
}
