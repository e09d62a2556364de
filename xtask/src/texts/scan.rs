//! One source file: the texts that its macros hold, and literals that look like texts and stand bare.
//!
//! By tokens, so that no comment and no string is taken for something else. What the compiler makes of them is not known here; what is
//! taken for a text by mistake stands in [`EXCEPTIONS`].

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};

use super::{
    literal::{value, without_places},
    looks::{self, Classes},
};

/// A literal that people read in English alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Bare {
    pub file: String,
    pub line: usize,
    pub text: String,
}

#[derive(Debug, Default)]
pub struct Found {
    /// Key and the form for one.
    pub texts: Vec<(String, Option<String>)>,
    pub bare: Vec<Bare>,
}

/// What people never read, or read as it is: part of the file's path, text (empty for all of them), reason.
const EXCEPTIONS: [(&str, &str, &str); 19] = [
    ("web-kit/src/look.rs", "English", "a language is named in itself"),
    ("web-kit/src/operator/audit/words.rs", "Me", "the name of an RPC"),
    ("web-kit/src/operator/audit/words.rs", "Elevate", "the name of an RPC"),
    ("web-kit/src/operator/audit/words.rs", "Watch", "the name of an RPC"),
    ("web-kit/src/audit.rs", "List", "how names of RPCs begin"),
    ("web-kit/src/audit.rs", "Get", "how names of RPCs begin"),
    ("web-kit/src/browser.rs", "", "names of the browser's own"),
    ("web-kit/src/format/device.rs", "", "names of browsers and systems"),
    ("web-kit/src/keys.rs", "", "names of keys"),
    ("web-client/src/pages/lead/words.rs", "trade show", "a value of the server's"),
    ("web-kit/src/text/places.rs", "", "errors of the build"),
    ("web-kit/src/crash.rs", "ResizeObserver loop", "what a browser says"),
    ("web-kit/src/theme.rs", "(prefers-color-scheme: dark)", "a question to the browser"),
    ("web-kit/src/table/window.rs", "tbody tr.is-row", "a selector"),
    ("web-client/src/pages/import/editor.rs", "input, button", "a selector"),
    ("web-provider/src/", "Provider", "the portal's name"),
    ("web-dev/src/", "Dev", "the portal's name"),
    ("web-dev/src/layout.rs", "dev", "the portal's name"),
    ("web-accountant/src/", "Accountant", "the portal's name"),
];

/// Nothing in them is read by a person using the app.
const SILENT: [&str; 14] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "panic",
    "unreachable",
    "path",
    "env",
    "concat",
    "include_str",
    "later",
    "matches",
    "compile_error",
    "stringify",
];

/// Attributes and properties that are read, whatever their words look like.
const READ: [&str; 13] = [
    "label",
    "title",
    "placeholder",
    "alt",
    "help",
    "what",
    "text",
    "lead",
    "heading",
    "empty",
    "sentence",
    "roledescription",
    "valuetext",
];

/// Attributes and properties that are not.
const UNREAD: [&str; 18] = [
    "class",
    "id",
    "name",
    "type",
    "role",
    "href",
    "for",
    "autocomplete",
    "style",
    "d",
    "viewBox",
    "kind",
    "portal",
    "key",
    "reason",
    "rel",
    "preserveAspectRatio",
    "accept",
];

/// Functions of the browser and of libraries, whose words are names.
const TECHNICAL: [&str; 8] =
    ["expect", "closest", "query_selector", "query_selector_all", "find", "normalize", "set_method", "from_static"];

pub fn file(name: &str, source: &str, classes: &Classes) -> Result<Found> {
    let tokens: TokenStream = source.parse().map_err(|error| anyhow!("{error}"))?;
    let mut scan = Scan { name, classes, found: Found::default() };
    scan.walk(tokens, Place::Code);
    Ok(scan.found)
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Code,
    /// Directly in `view!`, where text nodes and attributes are.
    View,
}

struct Scan<'a> {
    name: &'a str,
    classes: &'a Classes,
    found: Found,
}

impl Scan<'_> {
    fn walk(&mut self, tokens: TokenStream, place: Place) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if let Some(attribute) = attribute(&tokens, at) {
                // What a property is when none is given.
                if let Some(defaults) = attribute.defaults {
                    self.walk(defaults, Place::Code);
                }
                at += if attribute.is_test { skip_item(&tokens, at) } else { attribute.length };
                continue;
            }
            if let Some((name, group, length)) = call(&tokens, at) {
                self.in_macro(&name, group);
                at += length;
                continue;
            }
            match &tokens[at] {
                TokenTree::Literal(literal) => self.literal(literal, &tokens, at, place),
                TokenTree::Group(group) if !is_unread(&tokens, at, group) => self.walk(group.stream(), Place::Code),
                _ => {}
            }
            at += 1;
        }
    }

    fn in_macro(&mut self, name: &str, group: &Group) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        match name {
            "t" | "mark" => {
                let Some(text) = tokens.first().and_then(text_of) else { return self.walk(group.stream(), Place::Code) };
                let is_in = tokens.get(1).and_then(ident).is_some_and(|word| word == "in");
                let context = tokens.get(2).and_then(text_of).filter(|_| is_in);
                self.found.texts.push((context.map_or_else(|| text.clone(), |context| format!("|{context}|{text}")), None));
                self.walk(tokens.into_iter().skip(if is_in { 3 } else { 1 }).collect(), Place::Code);
            }
            "n" => {
                let comma = tokens.iter().position(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
                let Some(comma) = comma else { return };
                if let (Some(one), Some(many)) =
                    (tokens.get(comma + 1).and_then(text_of), tokens.get(comma + 3).and_then(text_of))
                {
                    self.found.texts.push((many, Some(one)));
                }
                let rest = tokens.iter().take(comma).chain(tokens.iter().skip(comma + 4));
                self.walk(rest.cloned().collect(), Place::Code);
            }
            "format" | "format_args" | "write" | "writeln" => {
                let at = tokens.iter().position(|token| text_of(token).is_some()).unwrap_or_default();
                if let Some((text, line)) = tokens.get(at).and_then(|token| Some((text_of(token)?, line_of(token)))) {
                    let words = without_places(&text);
                    if looks::is_text(&words, self.classes) || looks::is_said_with_a_value(&words, self.classes) {
                        self.bare(text, line);
                    }
                }
                self.walk(tokens.into_iter().skip(at + 1).collect(), Place::Code);
            }
            "view" => self.walk(group.stream(), Place::View),
            name if SILENT.contains(&name) => {}
            _ => self.walk(group.stream(), Place::Code),
        }
    }

    fn literal(&mut self, literal: &Literal, tokens: &[TokenTree], at: usize, place: Place) {
        let Some(text) = value(&literal.to_string()) else { return };
        let is_compared = is_punct(tokens, at + 1, '=') && is_punct(tokens, at + 2, '=')
            || is_punct(tokens, at + 1, '!') && is_punct(tokens, at + 2, '=')
            || at > 1 && is_punct(tokens, at - 1, '=') && (is_punct(tokens, at - 2, '=') || is_punct(tokens, at - 2, '!'));
        let is_pattern = is_arrow(tokens, at + 1)
            || is_punct(tokens, at + 1, '|')
            || tokens.get(at + 1).and_then(ident).is_some_and(|word| word == "if");
        if is_compared || is_pattern {
            return;
        }
        let is_bare = match (place, at.checked_sub(1).filter(|at| is_punct(tokens, *at, '='))) {
            (Place::View, None) => looks::has_words(&text),
            (Place::View, Some(equals)) => match key(tokens, equals) {
                key if UNREAD.contains(&&*key) => false,
                key if READ.contains(&&*key) => looks::has_words(&text),
                _ => looks::is_text(&text, self.classes),
            },
            (Place::Code, _) => looks::is_text(&text, self.classes),
        };
        if is_bare {
            self.bare(text, literal.span().start().line);
        }
    }

    fn bare(&mut self, text: String, line: usize) {
        let known = EXCEPTIONS.iter().any(|(file, known, _)| self.name.contains(file) && (known.is_empty() || *known == text));
        if !known {
            self.found.bare.push(Bare { file: self.name.to_owned(), line, text });
        }
    }
}

/// Patterns of a match, and what technical functions are given.
fn is_unread(tokens: &[TokenTree], at: usize, group: &Group) -> bool {
    let before = at.checked_sub(1).and_then(|at| ident(&tokens[at]));
    let is_technical = before.is_some_and(|name| TECHNICAL.contains(&&*name));
    group.delimiter() == Delimiter::Parenthesis && (is_technical || is_arrow(tokens, at + 1) || is_punct(tokens, at + 1, '|'))
}

struct Attribute {
    length: usize,
    is_test: bool,
    /// Content of `prop(…)`.
    defaults: Option<TokenStream>,
}

/// `#[…]` or `#![…]`.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<Attribute> {
    if !is_punct(tokens, at, '#') {
        return None;
    }
    let length = if is_punct(tokens, at + 1, '!') { 3 } else { 2 };
    let TokenTree::Group(group) = tokens.get(at + length - 1)? else { return None };
    let words = group.stream().to_string().replace(' ', "");
    let mut inside = group.stream().into_iter();
    let is_prop = inside.next().as_ref().and_then(ident).is_some_and(|name| name == "prop");
    let defaults = inside.next().filter(|_| is_prop).map(TokenStream::from);
    Some(Attribute { length, is_test: words == "test" || words == "cfg(test)", defaults })
}

/// How many tokens the item takes whose attributes begin here.
fn skip_item(tokens: &[TokenTree], at: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    tokens[at..].iter().position(is_end).map_or(tokens.len() - at, |end| end + 1)
}

/// `name!(…)`, and `macro_rules! name {…}`.
fn call(tokens: &[TokenTree], at: usize) -> Option<(String, &Group, usize)> {
    let name = ident(tokens.get(at)?)?;
    if !is_punct(tokens, at + 1, '!') {
        return None;
    }
    match tokens.get(at + 2)? {
        TokenTree::Group(group) => Some((name, group, 3)),
        _ => None,
    }
}

fn ident(token: &TokenTree) -> Option<String> {
    if let TokenTree::Ident(ident) = token { Some(ident.to_string()) } else { None }
}

fn is_punct(tokens: &[TokenTree], at: usize, sign: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_arrow(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens, at, '=') && is_punct(tokens, at + 1, '>')
}

/// The last part of an attribute's name: "label" of `aria-label=`.
fn key(tokens: &[TokenTree], equals: usize) -> String {
    equals.checked_sub(1).and_then(|at| ident(&tokens[at])).unwrap_or_default()
}

fn text_of(token: &TokenTree) -> Option<String> {
    if let TokenTree::Literal(literal) = token { value(&literal.to_string()) } else { None }
}

fn line_of(token: &TokenTree) -> usize {
    token.span().start().line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(source: &str) -> (Vec<(String, Option<String>)>, Vec<String>) {
        let found = file("web-x/src/x.rs", source, &Classes::new()).expect("Rust");
        (found.texts, found.bare.into_iter().map(|bare| bare.text).collect())
    }

    #[test]
    fn texts_are_read_from_their_macros() {
        let source = r#"
            const PLACES: [&str; 2] = [mark!("Customers"), mark!("May" in "short month")];
            fn told(name: &str) { say(t!("{name} left, {what}", name, what = t!("at once"))); n!(rows.len() as i64, "{count} row", "{count} rows"); }
        "#;
        let (texts, bare) = scanned(source);
        let one = |key: &str| (key.to_owned(), None);
        assert_eq!(
            texts,
            [
                one("Customers"),
                one("|short month|May"),
                one("{name} left, {what}"),
                one("at once"),
                ("{count} rows".to_owned(), Some("{count} row".to_owned()))
            ]
        );
        assert_eq!(bare, [""; 0]);
    }

    #[test]
    fn bare_texts_are_found_where_they_are_read() {
        let source = r#"
            fn page() { view! { <p class="Some Thing" title="of it">"words"</p> {if on { "Switched on" } else { "off" }} <b>"StreamFlow"</b> } }
            fn say(#[prop(default = "Six digits")] label: &str) { toast(format!("{name} left")); toast(format!("{base}/{id}")); }
        "#;
        assert_eq!(scanned(source).1, ["of it", "words", "Switched on", "Six digits", "{name} left"]);
    }

    #[test]
    fn what_nobody_reads_is_left_alone() {
        let source = r#"
            #[expect(dead_code, reason = "Not for people")]
            fn key(name: &str) -> bool { name == "Enter" || matches!(name, "Tab" | "Escape") }
            fn of(name: &str) -> i32 { match name { "Big word" => 1, "Two words" | "More words" => 2, Some("Inner words") => 3, _ => 0 } }
            fn must() { at.expect("A clock"); assert!(true, "Nobody reads this"); }
            #[cfg(test)]
            mod tests { fn x() { y("Some words"); } }
        "#;
        assert_eq!(scanned(source).1, [""; 0]);
    }
}
