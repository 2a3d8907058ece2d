//! How WebKit draws where there is no graphics processor.
//!
//! It would draw by OpenGL all the same, on Mesa's software renderer, which compiles a shader for
//! each kind of shape: more work than the page itself, and a hundred megabytes. Painting without
//! compositing costs half of that.

use std::{ffi::OsStr, path::Path};

/// WebKit's own switch. It reads it from the environment, and only there.
const WITHOUT_COMPOSITING: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";
const RENDER_NODES: &str = "/dev/dri";

/// Makes this process one whose WebKit paints by itself, where that is the faster way. A program
/// cannot safely change its own environment, so it becomes itself once more.
#[cfg(target_os = "linux")]
pub fn choose() {
    use std::os::unix::process::CommandExt;
    let decided = std::env::var_os(WITHOUT_COMPOSITING).is_some();
    let forced = std::env::var_os("LIBGL_ALWAYS_SOFTWARE");
    if decided || !is_software(forced.as_deref(), Path::new(RENDER_NODES)) {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let error = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(WITHOUT_COMPOSITING, "1")
            .exec();
        tracing::warn!(%error, "the window draws slowly");
    }
}

#[cfg(not(target_os = "linux"))]
pub fn choose() {}

/// Whether OpenGL would be computed: by wish, or for want of a render node.
fn is_software(forced: Option<&OsStr>, nodes: &Path) -> bool {
    let wished = forced.is_some_and(|value| !value.is_empty() && value != "0");
    let has_node = std::fs::read_dir(nodes).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
    });
    wished || !has_node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_render_node_is_used_unless_software_is_wished_for() {
        let dri = tempfile::tempdir().unwrap();
        assert!(
            is_software(None, dri.path()),
            "a card without a render node"
        );
        std::fs::write(dri.path().join("renderD128"), "").unwrap();
        assert!(!is_software(None, dri.path()));
        assert!(!is_software(Some(OsStr::new("0")), dri.path()));
        assert!(is_software(Some(OsStr::new("1")), dri.path()));
        assert!(is_software(None, Path::new("/nowhere")));
    }
}
