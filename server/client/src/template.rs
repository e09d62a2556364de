//! Industry templates: what a company begins with, by what it does. Each file in `templates/` is one; its name is the industry's. No
//! code knows an industry.

pub mod read;

use std::sync::LazyLock;

use self::read::Template;

/// Names and texts of the files. The build script made this list and has read each.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

static TEMPLATES: LazyLock<Result<Vec<(&'static str, Template)>, String>> = LazyLock::new(|| {
    let (mut templates, mut problems) = (Vec::new(), Vec::new());
    for (industry, text) in FILES {
        match read::read(&format!("{industry}.toml"), text) {
            Ok(template) => templates.push((*industry, template)),
            Err(lines) => problems.push(lines),
        }
    }
    if problems.is_empty() { Ok(templates) } else { Err(problems.join("\n")) }
});

/// What is wrong with the templates. A server that finds something does not start.
pub fn check() -> Result<(), &'static str> {
    TEMPLATES.as_ref().map(drop).map_err(String::as_str)
}

/// Industries with their templates, in the order of their names in the code.
pub fn templates() -> &'static [(&'static str, Template)] {
    TEMPLATES.as_deref().unwrap_or_default()
}

/// The template of an industry.
pub fn template(industry: &str) -> Option<&'static Template> {
    templates().iter().find(|(name, _)| *name == industry).map(|(_, template)| template)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "name = \"Small\"\ndescription = \"A test.\"\nmodules = [\"leads\"]\n\
                         [[stages]]\nname = \"New\"\nkind = \"open\"\n";

    fn problems(more: &str) -> Vec<String> {
        let read = read::read("small.toml", &format!("{SMALL}{more}"));
        read.err().map(|lines| lines.lines().map(str::to_owned).collect()).unwrap_or_default()
    }

    #[test]
    fn every_file_is_a_template() {
        assert_eq!(check(), Ok(()));
        assert_eq!(templates().len(), 4);
        assert!(template("field-service").is_some() && template("bakery").is_none());
    }

    #[test]
    fn a_template_can_be_small() {
        assert_eq!(problems(""), Vec::<String>::new());
    }

    #[test]
    fn a_problem_names_file_and_field() {
        let fields = "[[fields.customer]]\nkey = \"a\"\nlabel = \"A\"\ntype = \"text\"\n\
                      [[fields.customer]]\nkey = \"b\"\nlabel = \"B\"\ntype = \"choice\"\nchoices = [\"One\"]\n";
        assert_eq!(problems(fields), ["small.toml: fields.customer[1].choices: give at least two choices"]);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let fields = "[[stages]]\nname = \"new\"\nkind = \"won\"\n\
                      [[fields.lead]]\nkey = \"Roof Type\"\nlabel = \" \"\ntype = \"checkbox\"\nrequired = true\nunit = \"m\"\nchoices = [\"x\"]\n\
                      [[work_orders]]\nkey = \"\"\nname = \"W\"\nchecklist = [{ text = \"\" }]\n\
                      [[work_orders]]\nkey = \"w\"\nname = \"w\"\n";
        let found = problems(fields);
        let paths: Vec<&str> = found.iter().map(|line| line.split(": ").nth(1).unwrap_or_default()).collect();
        let expected = [
            "stages[1]",
            "fields.lead[0].key",
            "fields.lead[0].label",
            "fields.lead[0].unit",
            "fields.lead[0].required",
            "fields.lead[0].choices",
            "work_orders[0].key",
            "work_orders[0].checklist[0].text",
            "work_orders[1]",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn a_key_nobody_knows_is_refused_with_its_line() {
        let found = problems("[[fields.lead]]\nkey = \"a\"\nlabel = \"A\"\ntype = \"text\"\ncolour = \"red\"\n");
        assert!(found[0].starts_with("small.toml: line 11: unknown field `colour`"), "{found:?}");
        let found = read::read("small.toml", &SMALL.replace("open", "shut")).unwrap_err();
        assert!(found.starts_with("small.toml: line 6: unknown variant `shut`"), "{found}");
        let found = read::read("small.toml", &SMALL.replace("\"leads\"", "\"golf\"")).unwrap_err();
        assert_eq!(found, "small.toml: modules[0]: choose from leads, imports, tasks");
    }
}
