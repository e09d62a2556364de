//! What owners are written when one of them changes what holds for the whole company: the others may know nothing of it.

use streamflow_kernel::mail::Mail;

use crate::org_closing::mail::one_line;

/// Whether everybody needs a second factor.
pub fn second_factor(to: &str, company: &str, by: &str, required: bool, public_url: &str) -> Mail {
    let (company, by) = (one_line(company), one_line(by));
    let (subject, what) = if required {
        (
            "Everybody needs a second factor",
            format!(
                "{by} has set that everybody in {company} on StreamFlow needs a second factor. Whoever has none sets one up before going on."
            ),
        )
    } else {
        (
            "Not everybody needs a second factor any more",
            format!(
                "{by} has set that in {company} on StreamFlow only owners and managers need a second factor. Everybody else gets in with a \
                 password alone, unless they have set up an authenticator."
            ),
        )
    };
    Mail {
        to: to.to_owned(),
        subject: subject.to_owned(),
        body: format!(
            "{what}\n\nIf none of you meant this, set it back in the settings, under Security, and set new passwords at once:\n\n\
             {public_url}/reset\n"
        ),
    }
}
