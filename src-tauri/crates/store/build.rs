//! A new migration must lead to a new build; `sqlx::migrate!` alone does not see it.

#[expect(
    clippy::print_stdout,
    reason = "how a build script talks to cargo"
)]
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
