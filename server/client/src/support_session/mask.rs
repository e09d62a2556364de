//! What a support session does not see: e-mail addresses, telephone numbers, address lines, web addresses, notes, and the fields a
//! company has made for itself. It can't find, filter or order by them either, for that would tell them one guess at a time.

use streamflow_kernel::{
    ctx::Principal,
    error::{Error, Result},
};
use streamflow_proto::{client::v1 as pb, reason::Reason};

/// Stands where something is.
pub const MASK: &str = "••••";
/// Fields that neither filters nor orders may name, besides those a company has made.
const HIDDEN: [&str; 7] = ["search", "email", "phone", "mobile", "address", "website", "note"];

fn hide(text: &mut String) {
    if !text.is_empty() {
        MASK.clone_into(text);
    }
}

/// A field by its name, as changes and filters name it.
fn is_hidden(field: &str) -> bool {
    let root = field.split('.').next().unwrap_or(field);
    HIDDEN.contains(&root) || root == "custom"
}

/// What a reader may be shown of a message.
pub trait Masked: Sized {
    fn mask(&mut self);

    fn for_reader(mut self, reader: &Principal) -> Self {
        if reader.support.is_some() {
            self.mask();
        }
        self
    }
}

impl Masked for pb::Customer {
    fn mask(&mut self) {
        hide(&mut self.email);
        hide(&mut self.phone);
        hide(&mut self.website);
        hide(&mut self.note);
        if let Some(address) = &mut self.address {
            hide(&mut address.street);
            hide(&mut address.postal_code);
        }
        self.custom.clear();
    }
}

impl Masked for pb::Contact {
    fn mask(&mut self) {
        hide(&mut self.email);
        hide(&mut self.phone);
        hide(&mut self.mobile);
        hide(&mut self.note);
    }
}

impl Masked for pb::Lead {
    fn mask(&mut self) {
        hide(&mut self.email);
        hide(&mut self.phone);
        hide(&mut self.note);
        self.custom.clear();
    }
}

impl Masked for pb::Member {
    fn mask(&mut self) {
        hide(&mut self.email);
    }
}

impl Masked for pb::TimelineEvent {
    fn mask(&mut self) {
        // A file's name may say as much as a note.
        use pb::TimelineEventKind::{FileAdded, FileRemoved, FileRestored, Note};
        if matches!(self.kind(), Note | FileAdded | FileRemoved | FileRestored) {
            hide(&mut self.text);
        }
        for change in self.changes.iter_mut().filter(|change| is_hidden(&change.field)) {
            hide(&mut change.before);
            hide(&mut change.after);
        }
    }
}

/// Refuses a list that asks about what is hidden, before anything is read.
pub fn check_filter(reader: &Principal, filter: &str, order_by: &str) -> Result<()> {
    if reader.support.is_none() {
        return Ok(());
    }
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).map(str::to_lowercase).collect()
    };
    let terms = streamflow_kernel::list::filter::parse(filter).unwrap_or_default();
    let named = terms.into_iter().map(|term| term.field).chain(words(order_by));
    for field in named {
        if is_hidden(&field) {
            let text = match &*field {
                "search" => "Support sessions find records by their names alone: filter by name.".to_owned(),
                _ => format!("Support sessions don't see {field}, and can't ask for it."),
            };
            return Err(Error::refused(Reason::SUPPORT_SESSION, text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_has_many_names() {
        for field in ["email", "phone", "mobile", "search", "address.street", "address", "custom.skin"] {
            assert!(is_hidden(field), "{field}");
        }
        for field in ["name", "city", "owner_id", "tag", "created_at", "value"] {
            assert!(!is_hidden(field), "{field}");
        }
    }

    #[test]
    fn nothing_stays_nothing() {
        let mut contact = pb::Contact { email: "a@b.c".to_owned(), ..Default::default() };
        contact.mask();
        assert_eq!((contact.email.as_str(), contact.phone.as_str()), (MASK, ""));
    }
}
