//! What every RPC gets from the kernel: door, limits, idempotency, audit, feed.

mod audit_chain;
mod broken;
mod cancel;
mod connection;
mod door;
mod durable;
mod federation;
mod feed;
mod files;
mod held_back;
mod idempotency;
mod jobs;
mod keys;
mod limits;
mod lockout;
mod mail;
mod proxy;
mod prune;
mod rate_limit;
mod refusal;
mod smtp;
mod tls;
mod together;
mod trespass;
mod turns;
