//! The pages before the workspace: signing in and up, the second factor, invitations, forgotten passwords, and wrong turns.

mod email_code;
pub mod enrol;
pub mod entrance;
mod frame;
pub mod github;
mod incomplete;
pub mod invitation;
pub mod lost;
mod other_ways;
mod passkey;
pub mod reset;
pub mod second_factor;
pub mod sign_in;
pub mod sign_up;
pub mod support;
pub mod suspended;
mod way;
pub mod welcome;
