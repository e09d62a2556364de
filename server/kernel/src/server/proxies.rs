//! Whose request it is when a balancer stands in between.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

const FORWARDED: &str = "x-forwarded-for";

/// Addresses of the balancers in front, whose word about the caller is taken. None by default: anybody can write the header.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Addresses like `10.0.0.7` or blocks like `10.0.0.0/8`; the first that is neither is the error.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let parse = |text: &String| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| text.clone());
        texts.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// The caller's own address: the peer's, or what a trusted peer says it is. Each hop adds the address it saw at the right, so
    /// the right-most that isn't a proxy of ours is the last that can be believed; left of it stands what the caller likes.
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut caller = peer.to_canonical();
        let lines: Vec<&str> = headers.get_all(FORWARDED).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
        while self.trusts(caller) {
            let Some(before) = hops.next().and_then(address) else { break };
            caller = before;
        }
        caller
    }

    /// Whether this is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// Some balancers add the port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse().map(|socket: std::net::SocketAddr| socket.ip());
    text.parse().or_else(|_| with_port()).ok().map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<String> = trusted.iter().map(|text| (*text).to_owned()).collect();
        let headers = forwarded.iter().map(|value| (http::header::HeaderName::from_static(FORWARDED), value.parse().unwrap()));
        TrustedProxies::parse(&trusted).unwrap().caller(peer.parse().unwrap(), &headers.collect()).to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(caller(&[], "10.0.0.1", &["192.0.2.9"]), "10.0.0.1");
        assert_eq!(caller(&["10.0.0.2"], "10.0.0.1", &["192.0.2.9"]), "10.0.0.1");
    }

    #[test]
    fn the_right_most_untrusted_entry_is_the_caller() {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        assert_eq!(caller(&trusted, "10.0.0.1", &["192.0.2.9"]), "192.0.2.9");
        assert_eq!(caller(&trusted, "10.0.0.1", &["203.0.113.5, 192.0.2.9, 10.0.0.7"]), "192.0.2.9");
        assert_eq!(caller(&trusted, "10.0.0.1", &["203.0.113.5", "192.0.2.9:4711 , [2001:db8::1]:80"]), "192.0.2.9");
        assert_eq!(caller(&trusted, "::ffff:10.0.0.1", &["::ffff:192.0.2.9"]), "192.0.2.9");
    }

    #[test]
    fn what_cannot_be_read_ends_the_search() {
        for nothing in [&[][..], &[""], &["unknown"], &["192.0.2.9, _hidden"]] {
            assert_eq!(caller(&["10.0.0.0/8"], "10.0.0.1", nothing), "10.0.0.1");
        }
        assert_eq!(caller(&["10.0.0.0/8"], "10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn a_bad_entry_is_named() {
        let texts = ["10.0.0.0/8", "10.0.0.0/33"].map(str::to_owned);
        assert_eq!(TrustedProxies::parse(&texts).unwrap_err(), "10.0.0.0/33");
    }
}
