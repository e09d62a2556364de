//! Whether a connection can come back to the pool inside a transaction nobody knows of.
//!
//! sqlx 0.9 counts a transaction as begun only when its BEGIN was answered. A call given up in between leaves the connection inside
//! one unnoticed, and what the next borrower is told was committed would be lost. Requests run in tasks of their own, so that
//! nobody gives up a BEGIN; should it happen all the same, every connection is rolled back on its way into the pool from then on.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

/// The BEGINs of one pool. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Begins {
    given_up: Arc<AtomicBool>,
}

impl Begins {
    /// Runs a BEGIN and notices when it is given up.
    pub fn watch<F: Future>(&self, begin: F) -> impl Future<Output = F::Output> {
        Watched { begin: Box::pin(begin), answered: false, given_up: Arc::clone(&self.given_up) }
    }

    /// Whether a connection on its way into the pool may be inside a transaction.
    pub fn any_given_up(&self) -> bool {
        self.given_up.load(Ordering::SeqCst)
    }
}

/// Notes that it is given up before it lets go of the BEGIN, and with that of the connection.
struct Watched<F> {
    begin: Pin<Box<F>>,
    answered: bool,
    given_up: Arc<AtomicBool>,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let begun = self.begin.as_mut().poll(context);
        self.answered = begun.is_ready();
        begun
    }
}

impl<F> Drop for Watched<F> {
    fn drop(&mut self) {
        if !self.answered {
            self.given_up.store(true, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn a_begin_that_was_answered_leaves_no_doubt() {
        let begins = Begins::default();
        begins.watch(ready(())).now_or_never().unwrap();
        assert!(!begins.any_given_up());
    }

    #[test]
    fn a_begin_given_up_is_noticed_before_its_connection_is_let_go() {
        struct Connection(Begins);
        impl Drop for Connection {
            fn drop(&mut self) {
                assert!(self.0.any_given_up());
            }
        }
        let begins = Begins::default();
        let connection = Connection(begins.clone());
        let mut begin = Box::pin(begins.watch(async move {
            pending::<()>().await;
            drop(connection);
        }));
        assert!((&mut begin).now_or_never().is_none());
        assert!(!begins.any_given_up());
        drop(begin);
        assert!(begins.any_given_up());
    }
}
