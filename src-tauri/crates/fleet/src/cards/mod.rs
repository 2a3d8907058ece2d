//! Cards: probing an address, adding, removing, listing, and everything about one.

mod actions;
mod add;
mod list;
mod probe;

pub(crate) use actions::actions;
pub(crate) use add::{
    ISSUE_DEADLINE, Silent, identify, imc_password, likely_imc_password, split_addresses,
};
pub(crate) use list::{dpu_job, is_peer_of, needs_somebody, row_view};
pub(crate) use probe::{given_port, parse};

pub(crate) const LAB_SETTING: &str = "desk.lab";
pub(crate) const SSH_PORT: u16 = 22;
