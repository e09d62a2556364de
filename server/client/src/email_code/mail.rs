//! The mail with the code. Plain text; the code is not in the subject, which screens show while they are locked.

use streamflow_kernel::mail::Mail;

use super::domain::LIFE;

pub fn code(to: &str, code: &str) -> Mail {
    let (first, second) = code.split_at(code.len() / 2);
    Mail {
        to: to.to_owned(),
        subject: "Your code to sign in".to_owned(),
        body: format!(
            "Somebody, probably you, asked for a code to sign in to StreamFlow.\n\n\
             {first} {second}\n\n\
             Type it on the page where you asked for it. It works in that browser alone, once, and for {} minutes.\n\n\
             Give it to nobody: no one at StreamFlow ever asks for it. If you did not ask for it, do nothing.\n",
            LIFE.num_minutes()
        ),
    }
}
