//! The two sides of `cargo xtask bench redfish`: `serve` is many simulated BMCs in one process,
//! `read` is our client making the inventory of all of them. `by_sushy.py` beside this file does
//! the same with sushy.
//!
//! No part of the product. Both sides print lines of `name value`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that only the benchmark starts, and that ends by a panic"
)]

mod read;
mod serve;

use std::path::PathBuf;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // As Slipway's programs do.
    slipway_redfish::room_for_connections();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match words.as_slice() {
        ["serve", bmcs, latency, folder] => runtime.block_on(serve::serve(
            bmcs.parse().unwrap(),
            latency.parse().unwrap(),
            PathBuf::from(folder),
        )),
        ["read", at_once, folder] => {
            runtime.block_on(read::read(at_once.parse().unwrap(), PathBuf::from(folder)));
        }
        _ => panic!("serve BMCS LATENCY_MS FOLDER, or read AT_ONCE FOLDER"),
    }
}
