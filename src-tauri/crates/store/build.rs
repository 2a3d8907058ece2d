//! A new migration must lead to a new build; `sqlx::migrate!` alone does not see it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
