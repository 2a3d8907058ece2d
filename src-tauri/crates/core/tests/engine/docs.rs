//! `docs/states/*.md` are made of the tables. `UPDATE_DOCS=1` writes them again.

use std::{fmt::Write as _, fs, path::PathBuf};

use slipway_core::{
    batch::BatchState,
    job::{
        BootChangeState, ClusterDeployState, DeploymentState, ImageBuildState, IsoBuildState,
        MarvellState,
    },
};

type Table = Vec<(&'static str, Vec<&'static str>)>;

const DEPLOYMENT: &str = "\
A deployment brings a card from whatever is on it to a verified booted image. The engine saves each \
state before it acts on it, so a job that was stopped goes on from its state by looking first; what \
can't be taken back is *Flash the firmware*, only where the plan has the image of the tool, and *Reset the \
IMC*, which boots the installer. A flash, and the cold boot after it, are not cut off: a cancel waits. Every working state has a \
deadline and may go to *Clean up*, on a failure as on a cancel: there the ISO is ejected and the boot \
override taken back, and what can't be taken back is told as residue.";

const BOOT_CHANGE: &str = "\
Upgrade, switch and rollback bring a card that already runs image mode to another boot entry. The \
image is staged first, or the rollback queued; the reboot is a step of its own; success is the booted \
digest together with a new boot id and greenboot's verdict. An update runs in a systemd unit of its \
own on the card, and `bootc rollback`, which is a toggle, is never asked for before its effect was \
looked for.";

const ISO_BUILD: &str = "\
An ISO build makes an installer ISO of a base ISO, an image and a kickstart. It is about no card: its \
subject is the path it writes to. The long work runs in the background of the process, and a step only \
starts it and looks how it goes; a process that dies takes its work along, and the next one begins that \
state anew. What is not verified yet lies beside the output under a name of its own and is removed by \
*Clean up*, or by the next run; the output appears whole, by a rename.";

const IMAGE_BUILD: &str = "\
An image build makes a bootc image of a folder with a Containerfile, by podman, names it, and pushes it \
where that was asked for. A push of an image that podman has already is the same machine without the \
building. podman runs as a process of its own, which outlives a Slipway that dies: the next one finds it \
by a path of the job's in its command line. The image gets its name only when it is whole, so a build \
that fails or is cancelled leaves the reference as it was; and a push has succeeded when the registry \
says that it has the digest that was pushed.";

const MARVELL: &str = "\
A Marvell Octeon is installed from the server that it is in: a container there boots the card into the \
installer. The container runs in a systemd unit of the job's name, so it goes on when Slipway dies, is \
found again, and is never started twice; its log is the job's last word. What the tools end with is all \
that is known: the card itself is not asked.";

const CLUSTER_DEPLOY: &str = "\
A cluster file whose `iso_builder` section makes its ISO is deployed by a job that waits for the build, \
begins the deployment, and ends: the cards are not waited for. The builds, and what is deployed, are jobs \
and batches of their own. The file is read again before each deed, and refused where its bytes, or those \
of its variables, are not what was confirmed; what was typed for it lies in the secret store until *Clean \
up*. A build that runs or has made its ISO is found and not begun again, and the deployment has an id that \
is saved before it is used, so that it is begun once. A build that fails or is cancelled ends the job with \
its cause; a cancel stops the build that is waited for.";

const BATCH: &str = "\
A batch gives many cards a job each, a few at a time and wave by wave. *Paused* is a person's doing, \
*Stopped* its own, after failures; in both, what runs goes on and nothing is started. *Ended* says that \
nothing is left to do, not that all is well: each card has its own outcome. A batch that is over runs \
again where somebody retries what did not succeed. See [batches](../batches.md).";

fn page(title: &str, introduction: &str, table: &Table) -> String {
    let id = |name: &str| name.replace([' ', '\''], "_");
    let mut text = format!("# {title}\n\n{introduction}\n\n");
    text.push_str("Generated from the table in the code; a test compares, `UPDATE_DOCS=1 cargo test -p slipway-core` writes.\n\n");
    text.push_str("```mermaid\nstateDiagram-v2\n");
    for (name, _) in table {
        let _ = writeln!(text, "    state \"{name}\" as {}", id(name));
    }
    let _ = writeln!(text, "    [*] --> {}", id(table[0].0));
    for (from, targets) in table {
        for to in targets {
            let _ = writeln!(text, "    {} --> {}", id(from), id(to));
        }
        if targets.is_empty() {
            let _ = writeln!(text, "    {} --> [*]", id(from));
        }
    }
    text.push_str("```\n");
    text
}

fn compare(file: &str, page: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../docs/states");
    let path = folder.join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(&path, page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written, page,
        "{file} is not what the table says: run with UPDATE_DOCS=1"
    );
}

#[test]
fn the_diagram_of_a_deployment() {
    compare(
        "deployment.md",
        &page(
            "A deployment's states",
            DEPLOYMENT,
            &DeploymentState::table(),
        ),
    );
}

#[test]
fn the_diagram_of_a_boot_change() {
    let table = BootChangeState::table();
    compare(
        "boot_change.md",
        &page(
            "The states of an upgrade, switch or rollback",
            BOOT_CHANGE,
            &table,
        ),
    );
}

#[test]
fn the_diagram_of_an_iso_build() {
    let table = IsoBuildState::table();
    compare(
        "iso_build.md",
        &page("The states of an ISO build", ISO_BUILD, &table),
    );
}

#[test]
fn the_diagram_of_an_image_build() {
    compare(
        "image_build.md",
        &page(
            "An image build's states",
            IMAGE_BUILD,
            &ImageBuildState::table(),
        ),
    );
}

#[test]
fn the_diagram_of_a_batch() {
    let table = BatchState::table();
    compare("batch.md", &page("A batch's states", BATCH, &table));
}

#[test]
fn the_diagram_of_a_cluster_files_deployment() {
    let table = ClusterDeployState::table();
    let title = "The states of a cluster file that builds its ISO";
    compare("cluster_deploy.md", &page(title, CLUSTER_DEPLOY, &table));
}

#[test]
fn the_diagram_of_a_marvells_deployment() {
    let table = MarvellState::table();
    compare("marvell.md", &page("A Marvell's states", MARVELL, &table));
}
