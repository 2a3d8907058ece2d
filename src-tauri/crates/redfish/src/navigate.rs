//! From the service root to a resource by its links: no id is known beforehand.

use std::sync::Arc;

use serde_json::{Map, Value};
use slipway_core::ports::BmcError;

use crate::{
    RedfishClient,
    ipu::Signs,
    quirks::Quirks,
    resource::{self, Collection, ComputerSystem, Link, Manager, MediaSlot, ServiceRoot, linked},
};

pub(crate) const ROOT: &str = "/redfish/v1/";
/// Pages of one collection: past it a service counts in circles.
const PAGES: usize = 100;

/// What was found, so that it is not looked for at every question.
#[derive(Default)]
pub(crate) struct Places {
    quirks: Option<Quirks>,
    system: Option<String>,
    manager: Option<String>,
}

/// A virtual media slot, and whose it is.
pub(crate) struct Slot {
    pub path: String,
    pub etag: Option<String>,
    pub object: Map<String, Value>,
    pub media: MediaSlot,
    pub quirks: Quirks,
}

/// The system as it stands.
pub(crate) struct SystemAt {
    pub path: String,
    pub etag: Option<String>,
    pub system: ComputerSystem,
}

impl RedfishClient {
    /// The service root, asked anew, and without our credential: what is no Redfish service does
    /// not get it. Those that want it even here (against the standard) get it.
    pub(crate) async fn fresh_root_resource(&self) -> Result<Map<String, Value>, BmcError> {
        let transport = &self.transport;
        let mut answer = transport.get_openly(ROOT).await?;
        if answer.status == 401 {
            answer = transport.get(ROOT).await?;
        }
        let resource = answer.object().unwrap_or_default();
        let root = Arc::new(transport.read_root(answer)?);
        *transport.root.lock().await = Some(root);
        Ok(resource)
    }

    /// The same, typed.
    pub(crate) async fn fresh_root(&self) -> Result<Arc<ServiceRoot>, BmcError> {
        let resource = self.fresh_root_resource().await?;
        Ok(Arc::new(resource::read(resource)))
    }

    pub(crate) async fn root(&self) -> Result<Arc<ServiceRoot>, BmcError> {
        let known = self.transport.root.lock().await.clone();
        match known {
            Some(root) => Ok(root),
            None => self.fresh_root().await,
        }
    }

    /// The first system.
    pub(crate) async fn system(&self) -> Result<SystemAt, BmcError> {
        let known = self.places.lock().await.system.clone();
        if let Some(path) = known {
            match self.transport.resource(&path).await {
                Ok((system, etag)) => return Ok(SystemAt::new(path, system, etag)),
                Err(BmcError::Refused { status: 404, .. }) => self.forget().await,
                Err(error) => return Err(error),
            }
        }
        let root = self.root().await?;
        let path = self.first_of(root.systems.as_ref(), "system").await?;
        let (system, etag) = self.transport.resource(&path).await?;
        self.places.lock().await.system = Some(path.clone());
        Ok(SystemAt::new(path, system, etag))
    }

    /// The first manager.
    pub(crate) async fn manager(&self) -> Result<Manager, BmcError> {
        let known = self.places.lock().await.manager.clone();
        if let Some(path) = known {
            match self.transport.resource(&path).await {
                Ok((manager, _)) => return Ok(manager),
                Err(BmcError::Refused { status: 404, .. }) => self.forget().await,
                Err(error) => return Err(error),
            }
        }
        let root = self.root().await?;
        let path = self.first_of(root.managers.as_ref(), "manager").await?;
        let (manager, _) = self.transport.resource(&path).await?;
        self.places.lock().await.manager = Some(path);
        Ok(manager)
    }

    /// The slot for discs: of the system, else of its manager; the first that takes CDs, else the
    /// first.
    pub(crate) async fn disc_slot(&self) -> Result<Slot, BmcError> {
        let system = match self.system().await {
            Ok(at) => at.system,
            Err(BmcError::NotOffered { .. }) => ComputerSystem::default(),
            Err(error) => return Err(error),
        };
        let quirks = self.quirks(&system).await?;
        if let Some(collection) = linked(system.virtual_media.as_ref())
            && let Some(slot) = self.slot_of(&collection, quirks).await?
        {
            return Ok(slot);
        }
        let manager = self.manager_if_any().await?;
        if let Some(collection) = linked(manager.virtual_media.as_ref())
            && let Some(slot) = self.slot_of(&collection, quirks).await?
        {
            return Ok(slot);
        }
        Err(self.transport.not_offered("virtual media"))
    }

    /// The slot at a path, with the quirks of its service.
    pub(crate) async fn slot_at(&self, path: &str) -> Result<Slot, BmcError> {
        let known = self.places.lock().await.quirks;
        let quirks = match known {
            Some(quirks) => quirks,
            None => {
                let system = match self.system().await {
                    Ok(at) => at.system,
                    Err(BmcError::NotOffered { .. }) => ComputerSystem::default(),
                    Err(error) => return Err(error),
                };
                self.quirks(&system).await?
            }
        };
        self.read_slot(path, quirks).await
    }

    async fn read_slot(&self, path: &str, quirks: Quirks) -> Result<Slot, BmcError> {
        let (object, etag) = self.transport.resource::<Map<String, Value>>(path).await?;
        let in_body = object.get("@odata.etag").and_then(Value::as_str);
        Ok(Slot {
            path: path.to_owned(),
            etag: etag.or_else(|| in_body.map(str::to_owned)),
            media: resource::read(object.clone()),
            object,
            quirks,
        })
    }

    async fn slot_of(&self, collection: &str, quirks: Quirks) -> Result<Option<Slot>, BmcError> {
        let mut first = None;
        for path in self.members(collection).await? {
            let slot = self.read_slot(&path, quirks).await?;
            if slot.media.takes_discs() {
                return Ok(Some(slot));
            }
            first = first.or(Some(slot));
        }
        Ok(first)
    }

    /// The quirks of this service, from its root and its system; and from its manager, where only
    /// that can tell.
    pub(crate) async fn quirks(&self, system: &ComputerSystem) -> Result<Quirks, BmcError> {
        let known = self.places.lock().await.quirks;
        if let Some(quirks) = known {
            return Ok(quirks);
        }
        let root = self.root().await?;
        let mut signs = Signs {
            root: &root,
            system: Some(system),
            manager: None,
        };
        let manager = match signs.want_the_manager() {
            true => Some(self.manager_if_any().await?),
            false => None,
        };
        signs.manager = manager.as_ref();
        Ok(self.learn(Quirks::of(signs)).await)
    }

    /// Keeps them: the next login goes by them too.
    pub(crate) async fn learn(&self, quirks: Quirks) -> Quirks {
        self.transport.log_in_by_basic(quirks.logs_in_by_basic());
        self.places.lock().await.quirks = Some(quirks);
        quirks
    }

    /// The first manager, or an empty one where there is none.
    pub(crate) async fn manager_if_any(&self) -> Result<Manager, BmcError> {
        match self.manager().await {
            Err(BmcError::NotOffered { .. }) => Ok(Manager::default()),
            answered => answered,
        }
    }

    /// The path of the tasks' collection, where there is one.
    pub(crate) async fn task_collection(&self) -> Result<Option<String>, BmcError> {
        let root = self.root().await?;
        let Some(path) = linked(root.tasks.as_ref()) else {
            return Ok(None);
        };
        let (service, _) = self
            .transport
            .resource::<resource::TaskService>(&path)
            .await?;
        Ok(linked(service.tasks.as_ref()))
    }

    /// The paths of all members, over all pages.
    pub(crate) async fn members(&self, collection: &str) -> Result<Vec<String>, BmcError> {
        let mut members = Vec::new();
        let mut pages = vec![collection.to_owned()];
        while let Some(page) = pages.last() {
            let (read, _) = self.transport.resource::<Collection>(page).await?;
            members.extend(read.paths());
            match read.next_page() {
                None => break,
                Some(next) if pages.len() < PAGES && !pages.contains(&next) => pages.push(next),
                Some(_) => {
                    let evidence = format!("the pages of {collection} have no end");
                    return Err(self.transport.protocol(&evidence));
                }
            }
        }
        Ok(members)
    }

    async fn first_of(&self, link: Option<&Link>, what: &str) -> Result<String, BmcError> {
        let none = || self.transport.not_offered(what);
        let collection = linked(link).ok_or_else(none)?;
        let members = self.members(&collection).await?;
        members.into_iter().next().ok_or_else(none)
    }

    async fn forget(&self) {
        *self.places.lock().await = Places::default();
        *self.transport.root.lock().await = None;
    }
}

impl SystemAt {
    pub(crate) fn new(path: String, system: ComputerSystem, etag: Option<String>) -> Self {
        Self {
            path,
            etag: etag.or_else(|| system.etag.clone()),
            system,
        }
    }
}
