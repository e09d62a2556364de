//! The template that translators take, the catalogues they give back, and what each app gets of them.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{KIT, Text, Texts, pseudo, read, read_all};
use crate::shell;

/// Catalogues of languages by their code, and the template.
const FOLDER: &str = "lang";
const TEMPLATE: &str = "lang/template.json";
/// `web-kit/src/text/catalogue.rs` knows it as well.
const PSEUDO: &str = "en-XA";

/// A language of one app.
pub struct Language {
    pub code: String,
    /// In the language itself.
    pub name: String,
    /// Content of the file that the app loads.
    pub catalogue: Vec<u8>,
}

/// `lang/<code>.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What the language calls itself.
    name: String,
    /// By key: the translation, or its forms by CLDR plural category.
    texts: BTreeMap<String, Value>,
}

/// The languages of an app, each with the texts that the app has, so that none of another portal is among them.
pub fn languages(app: &str, for_work: bool) -> Result<Vec<Language>> {
    let (texts, _) = read(&[KIT, app])?;
    let mut languages = Vec::new();
    for (code, file) in files()? {
        let own: BTreeMap<_, _> = file.texts.into_iter().filter(|(key, _)| texts.contains_key(key)).collect();
        languages.push(Language { code, name: file.name, catalogue: serde_json::to_vec(&own)? });
    }
    if for_work {
        let of = |(key, text): (&String, &Text)| {
            let other = pseudo::of(plain(key));
            let value = text.one.as_ref().map_or_else(|| json!(other), |one| json!({ "one": pseudo::of(one), "other": other }));
            (key.clone(), value)
        };
        let all: BTreeMap<String, Value> = texts.iter().map(of).collect();
        languages.push(Language { code: PSEUDO.to_owned(), name: "Pseudo".to_owned(), catalogue: serde_json::to_vec(&all)? });
    }
    for Language { code, name, .. } in &languages {
        ensure!(
            !format!("{code}{name}").contains(['=', ';', '"', '<', '&']),
            "{FOLDER}/{code}.json: a sign that names may not have"
        );
    }
    Ok(languages)
}

fn files() -> Result<Vec<(String, File)>> {
    let mut files = Vec::new();
    for path in shell::files(Path::new(FOLDER))? {
        if path == Path::new(TEMPLATE) || path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let code = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file = serde_json::from_str(&fs::read_to_string(&path)?).with_context(|| path.display().to_string())?;
        files.push((code, file));
    }
    Ok(files)
}

/// The English text of a key.
fn plain(key: &str) -> &str {
    key.strip_prefix('|').and_then(|rest| rest.split_once('|')).map_or(key, |(_, text)| text)
}

/// Writes the template anew.
pub fn bless() -> Result<()> {
    fs::create_dir_all(FOLDER)?;
    fs::write(TEMPLATE, template(&read_all()?.0)?)?;
    shell::say(&format!("wrote {TEMPLATE}"));
    Ok(())
}

/// One text a line, so that changes are diffs to read.
fn template(texts: &Texts) -> Result<String> {
    let mut written = String::from("[\n");
    for (at, (key, text)) in texts.iter().enumerate() {
        let one = text.one.as_ref().map(|one| Ok::<_, serde_json::Error>(format!(", \"one\": {}", serde_json::to_string(one)?)));
        let (key, one) = (serde_json::to_string(key)?, one.transpose()?.unwrap_or_default());
        let comma = if at + 1 < texts.len() { "," } else { "" };
        writeln!(written, "  {{ \"key\": {key}{one}, \"in\": {} }}{comma}", serde_json::to_string(&text.files)?)?;
    }
    Ok(written + "]\n")
}

/// The template is what the sources say, and catalogues hold what they can.
pub fn check_catalogues(texts: &Texts) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    if fs::read_to_string(TEMPLATE).unwrap_or_default() != template(texts)? {
        findings.push(format!("{TEMPLATE} is not what the sources say; run `cargo xtask check --bless`"));
    }
    for (code, file) in files()? {
        for (key, value) in &file.texts {
            if let Err(error) = check_translation(texts.get(key), key, value) {
                findings.push(format!("{FOLDER}/{code}.json: {key:?}: {error}"));
            }
        }
    }
    Ok(findings)
}

fn check_translation(text: Option<&Text>, key: &str, value: &Value) -> Result<()> {
    let text = text.context("no app has this text")?;
    let forms: Vec<&str> = match (value, &text.one) {
        (Value::String(one), None) => vec![one],
        (Value::Object(forms), Some(_)) => {
            ensure!(forms.contains_key("other"), "the form \"other\" is missing");
            forms.values().map(|form| form.as_str().context("a form is a text")).collect::<Result<_>>()?
        }
        (_, None) => bail!("is one text"),
        (_, Some(_)) => bail!("has forms by plural category"),
    };
    let known = places(key);
    for place in forms.into_iter().flat_map(places) {
        ensure!(known.contains(&place), "the place {{{place}}} is not in the English text");
    }
    Ok(())
}

/// Names of a text's places.
fn places(text: &str) -> Vec<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translations_fit_their_texts() {
        let (plain, counted) = (Text::default(), Text { one: Some("{count} row".to_owned()), ..Text::default() });
        let tell = |text: Option<&Text>, key: &str, value: Value| {
            check_translation(text, key, &value).map_err(|error| error.to_string())
        };
        assert_eq!(tell(Some(&plain), "{name} left", json!("{name} ging")), Ok(()));
        assert_eq!(tell(Some(&counted), "{count} rows", json!({ "one": "Eine Zeile", "other": "{count} Zeilen" })), Ok(()));
        for (text, value) in [
            (None, json!("x")),
            (Some(&plain), json!("{nobody}")),
            (Some(&plain), json!({ "other": "x" })),
            (Some(&counted), json!("x")),
        ] {
            assert!(tell(text, "{name} left", value).is_err());
        }
        assert!(tell(Some(&counted), "{count} rows", json!({ "one": "x" })).is_err());
    }

    #[test]
    fn the_template_has_a_line_for_each_text() {
        let files = ["a.rs".to_owned()].into();
        let texts = Texts::from([
            ("A".to_owned(), Text { one: None, files }),
            ("{count} rows".to_owned(), Text { one: Some("{count} row".to_owned()), ..Text::default() }),
        ]);
        let written = template(&texts).expect("a template");
        assert!(
            serde_json::from_str::<Value>(&written).is_ok_and(|read| read[0]["key"] == "A" && read[1]["one"] == "{count} row")
        );
        assert_eq!(written.lines().count(), 4);
    }
}
