//! The commands: each passes its arguments on and the answer back.

pub mod batches;
pub mod bmcs;
pub mod cards;
pub mod clusters;
pub mod credentials;
pub mod desk;
pub mod discovery;
pub mod images;
pub mod isos;
pub mod jobs;
pub mod lab;
pub mod networks;
pub mod studio;
pub mod trust;

use slipway_fleet::AppError;

use crate::state::SharedDesk;

type State<'a> = tauri::State<'a, SharedDesk>;
type Answer<T> = Result<T, AppError>;
