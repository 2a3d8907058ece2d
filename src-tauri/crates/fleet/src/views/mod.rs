//! What the shells show: plain data that crosses to the window and is printed by `slipctl --json`.
//!
//! Everything a shell would have to derive (the headline, which action is allowed and why not, the
//! sentence under a running step) is derived in this crate, once.

mod batches;
mod bmcs;
mod cards;
mod clusters;
mod credentials;
mod discovery;
mod doctor;
mod error;
mod isos;
mod jobs;
mod networks;
mod overview;
mod transfers;
mod trust;

pub use batches::*;
pub use bmcs::*;
pub use cards::*;
pub use clusters::*;
pub use credentials::*;
pub use discovery::*;
pub use doctor::*;
pub use error::*;
pub use isos::*;
pub use jobs::*;
pub use networks::*;
pub use overview::*;
pub use transfers::*;
pub use trust::*;

pub use crate::studio_views::*;
