//! This machine's ports to cards: an address, and a DHCP server of our own.
//!
//! Everything about a port lies in one folder of Slipway's: what was there before, what is ours, for
//! whom, and the server's configuration. No file of the system is written and no service is started.
//! Each thing is written down before it is done, so that it is found again by whoever comes after a
//! Slipway that died. Several Slipways may come at once: one after the other, by a lock on the folder.

mod link;
mod rights;
mod server;
mod state;

use std::{
    fs::{self, File},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use slipway_core::{
    failure::{FailureKind, StepError},
    ids::JobId,
    network::{DhcpServer, LocalNetwork, set_link},
    ports::LocalNetworks,
};

use state::PortState;
pub use state::{PortHolder, PortReport};

use crate::programs;

/// The ports that are kept in one folder.
#[derive(Debug, Clone)]
pub struct Ports {
    folder: PathBuf,
}

fn local(what: impl Into<String>, why: impl std::fmt::Display) -> StepError {
    StepError::new(FailureKind::Local, what).because(why.to_string())
}

impl Ports {
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The server that this machine has; dnsmasq where it has none, which is what is then asked for.
    #[must_use]
    pub fn server() -> DhcpServer {
        let mut all = DhcpServer::ALL.into_iter();
        all.find(|server| programs::is_there(server.program()))
            .unwrap_or_default()
    }

    fn lock(&self) -> Result<File, StepError> {
        let locked = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .and_then(|()| File::create(self.folder.join("lock")))
            .and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| local("the folder of local networks can't be used", error))
    }

    fn port(&self, port: &str) -> PathBuf {
        self.folder.join(port)
    }

    fn check_now(wanted: &LocalNetwork) -> Result<Vec<String>, StepError> {
        let missing = |program: &str, package: &str| {
            StepError::new(
                FailureKind::Precondition,
                format!("the program {program} is missing"),
            )
            .hint(format!("install {package}, or leave local_network out"))
        };
        if !programs::is_there("ip") {
            return Err(missing("ip", "iproute2 (Fedora: iproute)"));
        }
        if !programs::is_there(wanted.server.program()) {
            return Err(missing(
                wanted.server.program(),
                "dnsmasq-base (Fedora: dnsmasq)",
            ));
        }
        let Some(link) = link::look(&wanted.port)? else {
            return Err(no_port(&wanted.port)?);
        };
        link::refuse_others(wanted)?;
        rights::check()?;
        let address = if link.has(wanted) {
            "is there already"
        } else {
            "is free to be added"
        };
        let up = if link.up { "up" } else { "down" };
        Ok(vec![
            format!(
                "{} is {up}; {} {address}",
                wanted.port,
                wanted.own_address()
            ),
            format!("{} is there", wanted.server.program()),
            "the rights for it are there".into(),
        ])
    }

    fn stands_now(&self, holder: &str, wanted: &LocalNetwork) -> Result<bool, StepError> {
        let folder = self.port(&wanted.port);
        let _lock = self.lock()?;
        let Some(state) = PortState::read(&folder)? else {
            return Ok(false);
        };
        let link = link::look(&wanted.port)?;
        Ok(state.holders.get(holder) == Some(wanted)
            && link.is_some_and(|link| link.up && link.has(wanted))
            && server::serves(&folder, &state))
    }

    /// Sets up what is missing for this holder: a job's id, or a name of our own.
    ///
    /// # Errors
    /// What could not be done; what was done until then is written down, and taken back by
    /// [`Self::take_back_for`].
    pub fn set_up_for(
        &self,
        holder: &str,
        wanted: &LocalNetwork,
    ) -> Result<Vec<String>, StepError> {
        let folder = self.port(&wanted.port);
        let _lock = self.lock()?;
        let Some(link) = link::look(&wanted.port)? else {
            return Err(no_port(&wanted.port)?);
        };
        let mut state = match PortState::read(&folder)? {
            Some(state) => state,
            None => PortState::new(&wanted.port, link.shown.clone()),
        };
        state.refuse_twice(holder, wanted)?;
        state.holders.insert(holder.to_owned(), wanted.clone());
        state.write(&folder)?;
        let mut done = Vec::new();
        if !link.up {
            state.was_down = true;
            state.write(&folder)?;
            link::run(&set_link(&wanted.port, "up"))?;
            done.push(format!("brought {} up", wanted.port));
        }
        if !link.has(wanted) {
            let ours = wanted.own_address();
            if !state.added.contains(&ours) {
                state.added.push(ours);
                state.write(&folder)?;
            }
            link::run(&wanted.add_address())?;
            done.push(format!("put {wanted}"));
        }
        if let Some(started) = server::bring_up(&folder, &mut state)? {
            done.push(started);
        }
        Ok(done)
    }

    /// Takes back what no other holder needs.
    ///
    /// # Errors
    /// What could not be taken back; the next try goes on from there.
    pub fn take_back_for(&self, holder: &str, port: &str) -> Result<Vec<String>, StepError> {
        let folder = self.port(port);
        if !folder.exists() {
            return Ok(vec![]);
        }
        let _lock = self.lock()?;
        let Some(mut state) = PortState::read(&folder)? else {
            return Ok(vec![]);
        };
        let Some(own) = state.holders.remove(holder) else {
            return Ok(vec![]);
        };
        if state.holders.is_empty() {
            return take_all(&folder, &state);
        }
        let mut done = vec![format!(
            "{} is served on {port} no more; {} more there",
            own.lease.name,
            state.holders.len()
        )];
        done.extend(server::bring_up(&folder, &mut state)?);
        let needed = |address: &str| {
            let mut others = state.holders.values();
            others.any(|other| other.own_address() == address)
        };
        let link = link::look(port)?;
        if !needed(&own.own_address()) && state.added.contains(&own.own_address()) {
            if link.is_some_and(|link| link.has(&own)) {
                link::run(&own.remove_address())?;
                done.push(format!("removed {own}"));
            }
            state.added.retain(|address| *address != own.own_address());
        }
        state.write(&folder)?;
        Ok(done)
    }

    /// Takes all of a port back, whoever it was for.
    ///
    /// # Errors
    /// What could not be taken back.
    pub fn take_back_all(&self, port: &str) -> Result<Vec<String>, StepError> {
        let folder = self.port(port);
        if !folder.exists() {
            return Ok(vec![]);
        }
        let _lock = self.lock()?;
        match PortState::read(&folder)? {
            Some(state) => take_all(&folder, &state),
            None => Ok(vec![]),
        }
    }

    /// Every port that is set up, or was and is not whole any more.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn report(&self) -> Result<Vec<PortReport>, StepError> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Ok(vec![]);
        };
        let _lock = self.lock()?;
        let mut all = Vec::new();
        for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
            if let Some(state) = PortState::read(&entry.path())? {
                let link = link::look(&state.port)?;
                let serves = server::serves(&entry.path(), &state);
                let pid = server::ours(&entry.path(), &state).map(|process| process.pid);
                let given = server::given(&entry.path());
                all.push(state.report(link.as_ref(), pid, serves, given));
            }
        }
        all.sort_by(|a, b| a.port.cmp(&b.port));
        Ok(all)
    }
}

fn take_all(folder: &Path, state: &PortState) -> Result<Vec<String>, StepError> {
    let port = &state.port;
    let mut done = Vec::new();
    if let Some(process) = server::ours(folder, state) {
        server::stop(&process)?;
        done.push(format!("ended the DHCP server on {port}"));
    }
    if let Some(link) = link::look(port)? {
        for address in state.added.iter().rev() {
            if link.has_address(address) {
                let argv = ["ip", "address", "del", address, "dev", port];
                link::run(&argv.map(str::to_owned))?;
                done.push(format!("removed {address} from {port}"));
            }
        }
        if state.was_down && link.up {
            link::run(&set_link(port, "down"))?;
            done.push(format!("set {port} down, as it was"));
        }
    }
    // The last: until here all of it is found again.
    fs::remove_dir_all(folder)
        .map_err(|error| local(format!("{} can't be removed", folder.display()), error))?;
    Ok(done)
}

/// Names those that there are.
fn no_port(port: &str) -> Result<StepError, StepError> {
    let all = link::names()?;
    Ok(StepError::new(
        FailureKind::Precondition,
        format!("this machine has no network port {port}"),
    )
    .because(format!("it has {}", all.join(", ")))
    .hint("correct `network_api_port`, or leave local_network out"))
}

/// `ip` and a server that goes into the background take milliseconds; a lock may take longer.
async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StepError> + Send + 'static,
) -> Result<T, StepError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(local("the local network", error)))
}

#[async_trait]
impl LocalNetworks for Ports {
    async fn check(&self, wanted: &LocalNetwork) -> Result<Vec<String>, StepError> {
        let wanted = wanted.clone();
        off_the_loop(move || Self::check_now(&wanted)).await
    }

    async fn stands(&self, job: &JobId, wanted: &LocalNetwork) -> Result<bool, StepError> {
        let (ports, holder, wanted) = (self.clone(), job.to_string(), wanted.clone());
        off_the_loop(move || ports.stands_now(&holder, &wanted)).await
    }

    async fn set_up(&self, job: &JobId, wanted: &LocalNetwork) -> Result<Vec<String>, StepError> {
        let (ports, holder, wanted) = (self.clone(), job.to_string(), wanted.clone());
        off_the_loop(move || ports.set_up_for(&holder, &wanted)).await
    }

    async fn take_back(
        &self,
        job: &JobId,
        wanted: &LocalNetwork,
    ) -> Result<Vec<String>, StepError> {
        let (ports, holder, port) = (self.clone(), job.to_string(), wanted.port.clone());
        off_the_loop(move || ports.take_back_for(&holder, &port)).await
    }
}
