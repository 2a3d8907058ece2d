//! tauri-build runs in the root, where `tauri.conf.json` lies; the capabilities lie beside this.

fn main() {
    // Cargo does not see a file that only the pattern names.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let attributes =
        tauri_build::Attributes::new().capabilities_path_pattern("./src-tauri/capabilities/**/*");
    tauri_build::try_build(attributes)
        .expect("tauri.conf.json and the capabilities are well-formed");
}
