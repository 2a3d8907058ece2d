//! The committed TypeScript of the commands is what the Rust says. After a change of a command or
//! of a type that crosses, run `UPDATE_BINDINGS=1 cargo test -p slipway --test bindings`.

#[test]
fn the_committed_bindings_are_generated_from_the_commands() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(slipway::bindings::BINDINGS);
    let generated = slipway::bindings::typescript().expect("every type crosses");
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(&path, &generated).expect("the bindings can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{} is stale: run `UPDATE_BINDINGS=1 cargo test -p slipway --test bindings`",
        path.display()
    );
}
