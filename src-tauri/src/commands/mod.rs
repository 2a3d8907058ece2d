//! The commands: each passes its arguments on and the answer back.

pub mod cards;
pub mod desk;
pub mod isos;
pub mod jobs;
pub mod lab;

use slipway_fleet::AppError;

use crate::state::SharedDesk;

type State<'a> = tauri::State<'a, SharedDesk>;
type Answer<T> = Result<T, AppError>;
