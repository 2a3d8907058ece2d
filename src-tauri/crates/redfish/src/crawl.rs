//! Reading everything that a service links, from its root: which resources, in which order, and
//! when to stop. What they say is [`crate::assemble`]'s.
//!
//! Two workers take paths off one queue, so that there are always two requests in flight and never
//! more; what has the longest way to go below it goes first. Each resource is read once. Kinds lead
//! only to deeper kinds, so the depth is bounded by [`Kind`]; count and time are bounded here.

use std::{
    collections::{BinaryHeap, HashMap, HashSet},
    sync::{Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use serde_json::{Map, Value};
use slipway_core::{
    inventory::Gap,
    ports::{BmcError, Crawl, RawResource},
};
use tokio::{sync::Notify, time};

use crate::{
    RedfishClient,
    assemble::assemble,
    follow::{Kind, Wanted, links},
    navigate::ROOT,
    transport::AT_ONCE,
};

/// Resources of one service. The largest server that we saw has some 600 of these kinds.
const RESOURCES: usize = 4000;
/// Of the whole crawl.
const DEADLINE: Duration = Duration::from_secs(600);
/// Broken connections one after the other, by which a service counts as gone.
const STRIKES: u32 = 3;

/// What was read, by its path.
#[derive(Default)]
pub(crate) struct Tree {
    resources: HashMap<String, Map<String, Value>>,
    /// Paths in the order in which they were read.
    order: Vec<String>,
    pub(crate) gaps: Vec<Gap>,
}

impl Tree {
    pub(crate) fn get(&self, path: &str) -> Option<&Map<String, Value>> {
        self.resources.get(key(path))
    }

    pub(crate) fn insert(&mut self, path: &str, resource: Map<String, Value>) {
        let key = key(path).to_owned();
        if self.resources.insert(key.clone(), resource).is_none() {
            self.order.push(key);
        }
    }

    fn into_raw(self) -> Vec<RawResource> {
        let mut resources = self.resources;
        let raw = self.order.into_iter().filter_map(|path| {
            let body = Value::Object(resources.remove(&path)?);
            Some(RawResource { path, body })
        });
        raw.collect()
    }
}

/// Services write the same link with and without a slash at its end.
fn key(path: &str) -> &str {
    path.trim_end_matches('/')
}

/// The queue of one crawl.
struct Work {
    state: Mutex<State>,
    /// Something came into the queue, or the last request came back.
    changed: Notify,
}

#[derive(Default)]
struct State {
    queue: BinaryHeap<Wanted>,
    seen: HashSet<String>,
    tree: Tree,
    in_flight: usize,
    strikes: u32,
    /// Why the rest is not read any more.
    stopped: Option<BmcError>,
    first_error: Option<BmcError>,
    dropped: usize,
}

impl State {
    fn want(&mut self, wanted: Wanted) {
        if !self.seen.insert(key(&wanted.path).to_owned()) {
            return;
        }
        if self.seen.len() > RESOURCES {
            self.dropped += 1;
            return;
        }
        self.queue.push(wanted);
    }

    fn learn(&mut self, wanted: &Wanted, resource: Map<String, Value>) {
        for link in links(wanted.kind, &resource) {
            self.want(link);
        }
        self.tree.insert(&wanted.path, resource);
    }

    fn miss(&mut self, path: &str, error: &BmcError, peer: &str) {
        match error {
            BmcError::Unreachable { .. } => self.strikes += 1,
            _ => self.strikes = 0,
        }
        let over = match error {
            BmcError::Unauthorized { .. }
            | BmcError::CertificateUnknown { .. }
            | BmcError::CertificateChanged { .. } => true,
            _ => self.strikes >= STRIKES,
        };
        if over && self.stopped.is_none() {
            self.stopped = Some(error.clone());
        }
        self.first_error.get_or_insert_with(|| error.clone());
        self.tree.gaps.push(Gap {
            path: path.to_owned(),
            reason: reason(error, peer),
        });
    }

    /// What is still wanted becomes a gap.
    fn give_up(&mut self, reason: &str) {
        let rest = std::mem::take(&mut self.queue).into_sorted_vec();
        for wanted in rest.into_iter().rev() {
            self.tree.gaps.push(Gap {
                path: wanted.path,
                reason: reason.to_owned(),
            });
        }
    }
}

/// An error without its peer: the whole inventory is of that one.
fn reason(error: &BmcError, peer: &str) -> String {
    let text = error.to_string();
    let rest = text.strip_prefix(peer).map(str::trim_start);
    rest.map(str::to_owned).unwrap_or(text)
}

enum Next {
    Read(Wanted),
    Wait,
    Done,
}

impl Work {
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        look(&mut state)
    }

    fn next(&self) -> Next {
        self.with(|state| {
            if state.stopped.is_some() {
                return Next::Done;
            }
            match state.queue.pop() {
                Some(wanted) => {
                    state.in_flight += 1;
                    Next::Read(wanted)
                }
                None if state.in_flight > 0 => Next::Wait,
                None => Next::Done,
            }
        })
    }

    /// One of the workers: until nothing is wanted and nothing is in flight.
    async fn run(&self, client: &RedfishClient) {
        let peer = client.transport.peer();
        loop {
            let changed = self.changed.notified();
            match self.next() {
                Next::Read(wanted) => {
                    let read = client.transport.raw_resource(&wanted.path).await;
                    self.with(|state| {
                        state.in_flight -= 1;
                        match read {
                            Ok(resource) => {
                                state.strikes = 0;
                                state.learn(&wanted, resource);
                            }
                            Err(error) => state.miss(&wanted.path, &error, &peer),
                        }
                    });
                    self.changed.notify_waiters();
                }
                Next::Wait => changed.await,
                Next::Done => return,
            }
        }
    }
}

impl RedfishClient {
    /// [`slipway_core::ports::Controller::crawl`]
    pub(crate) async fn read_all(&self) -> Result<Crawl, BmcError> {
        let work = Work {
            state: Mutex::default(),
            changed: Notify::new(),
        };
        let sent = || self.transport.requests.load(Ordering::Relaxed);
        let before = sent();
        let root = self.fresh_root_resource().await?;
        let wanted = Wanted::new(ROOT.to_owned(), Kind::Root);
        work.with(|state| {
            state.seen.insert(key(ROOT).to_owned());
            state.learn(&wanted, root);
        });
        let mut workers = Vec::new();
        workers.resize_with(AT_ONCE, || work.run(self));
        let all = futures::future::join_all(workers);
        let in_time = time::timeout(DEADLINE, all).await.is_ok();
        let mut state = work
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        // Who refuses us, or is somebody else, tells nothing that may be taken for an inventory;
        // nor does a service of which nothing but the root could be read.
        match &state.stopped {
            Some(BmcError::Unreachable { .. }) | None => {}
            Some(error) => return Err(error.clone()),
        }
        if state.tree.order.len() == 1
            && let Some(error) = state.first_error.take()
        {
            return Err(error);
        }
        if !in_time {
            state.give_up("not read: the time for reading this service was over");
        } else if state.stopped.is_some() {
            state.give_up("not read: the service does not answer any more");
        }
        if state.dropped > 0 {
            state.tree.gaps.push(Gap {
                path: ROOT.to_owned(),
                reason: format!("{} more resources than {RESOURCES}", state.dropped),
            });
        }
        let mut inventory = assemble(&state.tree);
        inventory.requests = sent().saturating_sub(before);
        inventory.gaps = std::mem::take(&mut state.tree.gaps);
        let raw = state.tree.into_raw();
        Ok(Crawl { inventory, raw })
    }
}
