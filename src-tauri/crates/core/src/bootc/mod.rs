//! What `bootc` on a card says and does. Parsing here, running elsewhere.

mod commands;
mod progress;
mod status;

pub use commands::{
    EXIT_FILE, Greenboot, PROGRESS_FILE, RUN_DIR, STDERR_FILE, UpdateCommand, parse_greenboot,
    rollback_command, status_command, tracked_unit, tracked_update,
};
pub use progress::{Progress, ProgressTask, latest_progress};
pub use status::{BootEntry, BootOrder, BootcStatus, ParseStatusError, StatusFacts, parse_status};
