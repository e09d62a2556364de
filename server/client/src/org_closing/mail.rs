//! What owners are written when their company is going to be deleted: one of them may know nothing of it.

use chrono::{DateTime, Utc};
use streamflow_kernel::mail::Mail;

pub fn closing(to: &str, company: &str, by: &str, due: DateTime<Utc>, url: &str) -> Mail {
    let (company, by) = (one_line(company), one_line(by));
    let day = due.format("%-d %B %Y, %H:%M UTC");
    Mail {
        to: to.to_owned(),
        subject: format!("{company} will be deleted"),
        body: format!(
            "{by} has asked to delete {company} on StreamFlow. On {day} it is deleted with everything in it, and nobody can bring it back.\n\n\
             Until then each owner can cancel this, at the top of every page:\n\n{url}\n\n\
             If nobody of you meant this, cancel it and change your passwords.\n"
        ),
    }
}

/// A name that somebody chose, for a line of its own.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
