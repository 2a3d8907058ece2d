//! Static trees: small ones of our own, one file each (`tests/fixtures/trees`), and the captured
//! ones where they lie beside the project.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::{Reply, Request, Server};

/// What lies at each path.
pub type Tree = HashMap<String, Value>;

pub fn load(name: &str) -> Tree {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/trees");
    let text = std::fs::read_to_string(path.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// GET of a path, with or without a slash at its end.
pub fn get(tree: &Tree, path: &str) -> Reply {
    let bare = path.trim_end_matches('/');
    let slashed = format!("{bare}/");
    let found = [path, bare, &slashed]
        .into_iter()
        .find_map(|path| tree.get(path));
    found.map_or_else(|| Reply::status(404), Reply::value)
}

/// Serves one of our trees; `first` answers what it will, and may change the tree.
pub async fn start(
    name: &str,
    first: impl Fn(&Request, &mut Tree) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let tree = std::sync::Mutex::new(load(name));
    Server::start(move |request| {
        let mut tree = tree.lock().unwrap();
        first(request, &mut tree).unwrap_or_else(|| match request.method.as_str() {
            "GET" => get(&tree, &request.path),
            _ => Reply::status(405),
        })
    })
    .await
}

/// A captured tree, unpacked and served; nothing where it does not lie beside the project.
#[expect(clippy::print_stdout, reason = "says what was not tested")]
pub async fn captured(name: &str) -> Option<(Server, tempfile::TempDir)> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../../shared/samples/redfish-trees")
        .join(format!("{name}.tar.gz"));
    if !packed.is_file() {
        println!("skipped: {} is not there", packed.display());
        return None;
    }
    let unpacked = tempfile::tempdir().unwrap();
    let tar = Command::new("tar")
        .arg("-xzf")
        .arg(&packed)
        .arg("-C")
        .arg(unpacked.path())
        .status();
    assert!(tar.unwrap().success());
    let root = unpacked.path().join(name);
    let server = Server::start(move |request| file(&root, request)).await;
    Some((server, unpacked))
}

fn file(root: &Path, request: &Request) -> Reply {
    if request.method != "GET" {
        // No sessions here.
        return Reply::status(405);
    }
    let path: PathBuf = root.join(request.path.trim_matches('/')).join("index.json");
    match std::fs::read(path) {
        Ok(body) => Reply::json(200, body),
        Err(_) => Reply::status(404),
    }
}
