//! Containerfiles of bootc images: what is wrong with them before anybody waits an hour, and one
//! that is right as a start. Parsing and rules; no I/O.

mod bases;
mod findings;
mod image;
mod lint;
mod rules;
mod script;
mod template;

pub use bases::only_registry;
pub use findings::{
    Binding, BoundImage, LintFinding, LintReport, LintRule, LintSeverity, LintTarget,
};
pub use image::{ImageFile, ImageLayers, lint_image, wants_text};
pub use lint::{ContextFile, ContextFiles, LintInput, ignored, lint};
pub use template::{BoundContainer, Template, TemplateFile, TemplateProblem};
