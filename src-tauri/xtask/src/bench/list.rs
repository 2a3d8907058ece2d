//! One page of the list query, over a database of 10,000 cards.

use crate::Result;
use crate::binaries::Binaries;
use crate::measure::{Bar, Measurement};
use crate::project::Project;
use crate::session::{Display, Session};
use crate::tool::Tool;

pub fn measure(project: &Project, built: &Binaries) -> Result<Measurement> {
    let session = Session::new()?;
    let data = session.home().join("ten-thousand");
    let slipctl = |words: &[&str]| -> Result<Tool> {
        let tool = project.ours(&built.slipctl)?.arg("--data-dir").arg(&data);
        session.wrap(project, Display::None, tool.args(words))
    };
    slipctl(&["bench-fill", "10000"])?.run_unannounced()?;
    let printed = slipctl(&["bench-list", "--rounds", "200"])?.read()?;
    let ours = printed
        .lines()
        .map(|line| {
            line.trim()
                .parse()
                .map_err(|_| format!("bench-list printed '{line}'"))
        })
        .collect::<std::result::Result<_, _>>()?;
    Ok(Measurement {
        what: "a page of the list, 10,000 cards".to_owned(),
        unit: "ms",
        ours,
        peer: None,
        bar: Bar::Below(20.0),
    })
}
