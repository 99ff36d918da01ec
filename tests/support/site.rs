//! A simulated engine in the same process, and a team that keeps it by manifests.
//!
//! On tokio's paused clock nothing waits for real, and a whole run follows from one seed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;
use virtuform::apply::{self, Ending, Report};
use virtuform::engine::{Broken, Client, EngineUrl, How, Settings, Transport};
use virtuform::export::{concerned, export};
use virtuform::manifest::{self, Source};
use virtuform::observe::{Scope, in_bulk, in_detail, observe};
use virtuform::plan::{Limits, Plan, Record, adopt, plan};
use virtuform::resources::kinds::KINDS;
use virtuform::resources::{Address, Kind};
use virtuform::simulated::{Account, Answer, Options, Simulated, Trouble};
use virtuform::state::{Book, Desired, Holder, Ledger, LocalStore, Observed, Problems};
use virtuform::xml::Element;

/// Bytes go straight to the simulated engine, at the virtual time.
pub struct InProcess {
    pub simulated: Arc<Mutex<Simulated>>,
    start: Instant,
}

impl Transport for InProcess {
    fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Broken>> + Send + '_>>
    {
        Box::pin(async move {
            // An answer takes a moment, so that requests of one instant stay in their order.
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            let now = self.start.elapsed();
            match self.simulated.lock().unwrap().answer(now, &request) {
                Answer::Reply(response) => Ok(response),
                Answer::Dropped => Err(Broken::new(How::Interrupted, "the connection broke")),
            }
        })
    }
}

/// An engine, the team's ledger, and what the team may do.
pub struct Site {
    pub simulated: Arc<Mutex<Simulated>>,
    pub engine: Arc<Client>,
    pub limits: Limits,
    pub seed: u64,
    folder: tempfile::TempDir,
    start: Instant,
}

impl Site {
    /// A fresh engine, with people in its directory; everything that happens follows from the seed.
    pub fn new(seed: u64) -> Self {
        let users = (0..32).map(|number| {
            let name = format!("user-{number:02x}@internal");
            Account::new(name, "secret").in_group(format!("group-{number:02x}"))
        });
        let options = Options { seed, users: users.collect(), ..Options::default() };
        let simulated = Arc::new(Mutex::new(Simulated::new(options)));
        let start = Instant::now();
        let transport = Arc::new(InProcess { simulated: Arc::clone(&simulated), start });
        let url = EngineUrl::parse("https://engine.test").unwrap();
        let settings = Settings::new(url, "admin@internal", "secret".to_owned(), seed);
        let engine = Arc::new(Client::new(settings, transport));
        let limits = Limits {
            allow_destroy: vec!["*".to_owned()],
            // To be unplugged from running machines where a change takes it.
            allow_restart: vec!["vms/*/disk_attachments/*".to_owned()],
            max_deletions: 100_000,
            ..Limits::default()
        };
        let folder = tempfile::tempdir().unwrap();
        Self { simulated, engine, limits, seed, folder, start }
    }

    /// What manifests say, one or several with `---` between them.
    pub fn load(manifests: &str) -> Result<Desired, virtuform::state::Problems> {
        let sources: Vec<Source> = manifests
            .split("\n---\n")
            .enumerate()
            .map(|(number, text)| Source {
                name: PathBuf::from(format!("site-{number}.yaml")),
                text: text.to_owned(),
            })
            .collect();
        let options = manifest::Options {
            kinds: KINDS,
            variables: &[],
            variable_files: &[],
            environment: &|name| (name == "PASSWORD").then(|| "hunter2".to_owned()),
            read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            open_file: &|path| std::fs::File::open(path),
        };
        manifest::load(&sources, &options).map(|manifest| manifest.desired)
    }

    fn store(&self) -> Box<LocalStore> {
        Box::new(LocalStore::new(self.folder.path().join("virtuform.state.json")))
    }

    /// What is recorded.
    pub fn ledger(&self) -> Ledger {
        let ledger = Book::read(&*self.store()).unwrap();
        ledger.unwrap_or_else(|| Ledger::new("test".to_owned(), [7; 32]))
    }

    /// The ledger, locked.
    pub fn book(&self) -> Book {
        let clock = Box::new(|| "2026-01-01T00:00:00Z".parse().unwrap());
        let fresh = || Ledger::new("test".to_owned(), [7; 32]);
        Book::open(self.store(), &Holder::default(), clock, fresh).unwrap()
    }

    /// Everything that the team's machine keeps on disk.
    pub fn files(&self) -> String {
        let mut all = String::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            all += &String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap());
        }
        all
    }

    /// Observes and plans.
    pub async fn plan(&self, desired: &Desired) -> Plan {
        self.try_plan(desired).await.unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// Observes and plans, which writes nothing; says what stands in the way.
    pub async fn try_plan(&self, desired: &Desired) -> Result<Plan, Problems> {
        let ledger = self.ledger();
        let writes = self.writes();
        let observed = self.observed(desired, &ledger).await;
        let plan = plan(desired, &observed, &ledger, &self.limits);
        assert_eq!(self.writes(), writes, "a plan writes nothing");
        assert_eq!(self.ledger(), ledger, "a plan records nothing");
        plan
    }

    async fn observed(&self, desired: &Desired, ledger: &Ledger) -> Observed {
        let observed = observe(&self.engine, &Scope::of(desired, ledger)).await;
        observed.unwrap_or_else(|fault| panic!("{fault}"))
    }

    fn writes(&self) -> u64 {
        self.simulated.lock().unwrap().writes()
    }

    /// Lets some seconds go by.
    pub async fn wait(&self, seconds: u64) {
        tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
        self.simulated.lock().unwrap().advance(self.start.elapsed());
    }

    /// Applies a plan, whatever comes of it.
    pub async fn run(&mut self, plan: Plan) -> Report {
        self.seed += 1;
        let options = apply::Options::new(self.seed);
        let (_keep, interrupted) = watch::channel(false);
        let mut book = self.book();
        let engine = Arc::clone(&self.engine);
        let report = apply::apply(plan, &mut book, engine, &options, interrupted, |_| {}).await;
        book.close().unwrap();
        report
    }

    /// Finds out what became of calls that an earlier run did not see the end of.
    async fn recover(&self) {
        let mut book = self.book();
        let lines = apply::settle(&*self.engine, book.ledger(), KINDS).await;
        for line in lines.unwrap_or_else(|fault| panic!("{fault}")) {
            book.note(line);
        }
        book.close().unwrap();
    }

    /// Plans and applies; everything has to work.
    pub async fn apply(&mut self, manifest: &str) -> Plan {
        let desired = Self::load(manifest).unwrap_or_else(|problems| panic!("{problems}"));
        self.recover().await;
        let plan = self.plan(&desired).await;
        assert!(plan.refusals.is_empty(), "refused: {:?}\n{manifest}", plan.refusals);
        let report = self.run(plan.clone()).await;
        let failures = failures(&report);
        let outline = super::views::outline(&plan);
        assert!(failures.is_empty(), "{failures}\nof\n{outline}");
        plan
    }

    /// Makes sure that there is nothing left to do.
    pub async fn is_settled(&self, manifest: &str) {
        let desired = Self::load(manifest).unwrap_or_else(|problems| panic!("{problems}"));
        let plan = self.plan(&desired).await;
        let outline = super::views::outline(&plan);
        assert!(
            plan.is_empty() && plan.records.is_empty(),
            "a second plan finds work:\n{outline}\n{:?}",
            plan.records
        );
    }

    /// Manifests of what there is.
    pub async fn export(&self, patterns: &[&str]) -> String {
        let patterns: Vec<String> = patterns.iter().map(|it| (*it).to_owned()).collect();
        export(&self.all().await, &patterns).text()
    }

    /// Manifests of a part of what there is, for which only that and what it needs is read.
    pub async fn export_part(&self, patterns: &[&str]) -> String {
        let patterns: Vec<String> = patterns.iter().map(|it| (*it).to_owned()).collect();
        let scope = Scope::matching(&patterns).with_all_content();
        let mut observed = in_bulk(&self.engine, &scope).await.unwrap_or_else(|f| panic!("{f}"));
        let scope = scope.only(concerned(&observed, &patterns));
        let read = in_detail(&self.engine, &scope, &mut observed).await;
        read.unwrap_or_else(|fault| panic!("{fault}"));
        export(&observed, &patterns).text()
    }

    /// Everything that the engine shows.
    pub async fn all(&self) -> Observed {
        let scope = Scope::kinds(KINDS.iter().copied()).with_all_content();
        observe(&self.engine, &scope).await.unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// What somebody without a ledger would have to do for a manifest, in words.
    pub async fn work_of_a_stranger(&self, manifest: &str) -> String {
        let desired = match Self::load(manifest) {
            Ok(desired) => desired,
            Err(problems) => return problems.to_string(),
        };
        let ledger = Ledger::new("stranger".to_owned(), [9; 32]);
        let observed = self.observed(&desired, &ledger).await;
        match plan(&desired, &observed, &ledger, &self.limits) {
            Ok(plan) => work(&plan),
            Err(problems) => problems.to_string(),
        }
    }

    /// Makes sure that whoever imports manifests of what there is has nothing to do, and nothing to
    /// record.
    pub async fn imports_cleanly(&self) {
        let manifest = self.export(&[]).await;
        let desired = Self::load(&manifest).unwrap_or_else(|problems| panic!("{problems}"));
        let work = self.work_after_import(&desired).await;
        assert!(work.is_empty(), "an import is not clean:\n{work}\nof\n{manifest}");
    }

    /// What is left to do, in words, once somebody without a ledger has imported what is there.
    pub async fn work_after_import(&self, desired: &Desired) -> String {
        let mut ledger = Ledger::new("stranger".to_owned(), [9; 32]);
        let observed = self.observed(desired, &ledger).await;
        let adopted = match adopt(desired, &observed, &ledger) {
            Ok(adopted) => adopted,
            Err(problems) => return problems.to_string(),
        };
        for record in adopted.records {
            let Record::Keep { address, entry, .. } = record else { panic!("{record:?}") };
            ledger.entries.insert(address, entry);
        }
        let is_left = |address: &&Address| !ledger.entries.contains_key(*address);
        let left = desired.resources.keys().filter(is_left);
        let left: String = left.map(|address| format!("not imported: {address}\n")).collect();
        let observed = self.observed(desired, &ledger).await;
        match plan(desired, &observed, &ledger, &self.limits) {
            Ok(plan) => {
                let recorded = plan.records.iter().map(|record| format!("recorded: {record:?}\n"));
                format!("{left}{}{}", work(&plan), recorded.collect::<String>())
            }
            Err(problems) => format!("{left}{problems}"),
        }
    }

    /// Makes sure that a plan with manifests of what there is has nothing to do.
    pub async fn exports_cleanly(&self) {
        let exported = self.export(&[]).await;
        assert_eq!(self.export(&[]).await, exported, "two exports are the same");
        let work = self.work_of_a_stranger(&exported).await;
        assert!(work.is_empty(), "an export is not clean:\n{work}\nof\n{exported}");
    }

    /// Changes an object behind the team's back.
    pub fn meddle(&self, method: &str, path: &str, document: &str) {
        self.try_meddle(method, path, document).unwrap_or_else(|refusal| panic!("{refusal}"));
    }

    /// Tries to change an object behind the team's back.
    pub fn try_meddle(&self, method: &str, path: &str, document: &str) -> Result<(), String> {
        let mut simulated = self.simulated.lock().unwrap();
        simulated.advance(self.start.elapsed());
        let (status, reply) = simulated.direct(method, path, document);
        if status < 300 {
            return Ok(());
        }
        let reply = reply.map(|reply| reply.to_string()).unwrap_or_default();
        Err(format!("{method} {path} {document}: {status} {reply}"))
    }

    /// Makes trouble from now on.
    pub fn trouble(&self, trouble: Trouble) {
        self.simulated.lock().unwrap().trouble(trouble);
    }

    /// The objects of a collection, as another administrator sees them.
    pub fn list(&self, path: &str) -> Vec<Element> {
        let (_, list) = self.simulated.lock().unwrap().direct("GET", path, "");
        list.map(|list| list.children().to_vec()).unwrap_or_default()
    }

    /// All requests so far, a line each.
    pub fn requests(&self) -> String {
        let simulated = self.simulated.lock().unwrap();
        simulated.requests().iter().map(|request| format!("{request:?}\n")).collect()
    }

    /// How many requests got no answer.
    pub fn dropped(&self) -> usize {
        let simulated = self.simulated.lock().unwrap();
        simulated.requests().iter().filter(|request| request.status == 0).count()
    }

    /// The id of what a manifest calls so: a key, or a path of names.
    pub fn id_of(&self, kind: &Kind, name: &str) -> String {
        let address = Address::new(kind.section, name);
        if let Some(entry) = self.ledger().entries.get(&address) {
            return entry.id.clone();
        }
        let (above, name) = name.rsplit_once('/').unwrap_or(("", name));
        match kind.parent {
            Some(parent) => {
                let above = self.id(&format!("/{}", parent.segment), above);
                self.id(&format!("/{}/{above}/{}", parent.segment, kind.segment), name)
            }
            // Names of profiles are unique here.
            None => self.id(&format!("/{}", kind.segment), name),
        }
    }

    /// The id of the object of that name in a collection.
    pub fn id(&self, collection: &str, name: &str) -> String {
        let (_, reply) = self.simulated.lock().unwrap().direct("GET", collection, "");
        let reply = reply.expect("the collection exists");
        let object = reply.children().iter().find(|o| o.text_at("name") == Some(name));
        object.and_then(|object| object.id()).unwrap_or_else(|| panic!("no `{name}`")).to_owned()
    }
}

/// All that a plan would do or refuse to do, in words.
fn work(plan: &Plan) -> String {
    let refused = plan.refusals.iter().map(|refusal| format!("refused: {}\n", refusal.message));
    format!("{}{}", super::views::outline(plan), refused.collect::<String>())
}

/// What failed, in words.
pub fn failures(report: &Report) -> String {
    let failed = report.steps.iter().filter_map(|(step, ending)| match ending {
        Ending::Failed(failure) => Some(format!(
            "{}: {:?} {}\n{:?}",
            step.address, step.because, failure.setback, failure.events
        )),
        _ => None,
    });
    failed.collect::<Vec<_>>().join("\n")
}
