//! "Firefox on Windows" from what a browser says about itself.

/// Name and mark of browsers, the ones whose marks others carry too last.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// Browser and system, one of them, or the name of the program.
pub fn device(user_agent: &str) -> String {
    let find = |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => t!("{browser} on {system}", browser, system),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        // Programs name themselves first: "grpcurl/1.9".
        (None, None) => match user_agent.split(['/', ' ']).next().unwrap_or_default() {
            "" => t!("Unknown program").to_owned(),
            name => name.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_and_programs_have_names() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36 Edg/124.0";
        assert_eq!(device(edge), "Edge on Windows");
        let safari =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1";
        assert_eq!(device(safari), "Safari on iPhone");
        assert_eq!(device("grpcurl/1.9"), "grpcurl");
        assert_eq!(device(""), "Unknown program");
    }
}
