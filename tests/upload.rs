//! Disks that are filled from local files, over HTTPS: what is in them afterwards is what is in the
//! file, whatever happens on the way.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "scenarios/runner/stage.rs"]
#[allow(dead_code, reason = "stories need more of it")]
mod stage;

use std::time::{Duration, Instant};

use bytes::Bytes;
use stage::Stage;
use virtuform::cli::Exit;
use virtuform::simulated::{Answer, Edit, Effect, Latency, Trouble};
use virtuform::xml::Element;

const MIB: usize = 1 << 20;

const SITE: &str = "disks:
  golden: { image_file: golden.img, storage_domains: [nfs-1] }
";

/// A lab with a manifest and its image.
fn stage(image: &[u8]) -> Stage {
    let stage = Stage::lab();
    stage.write("site.yaml", SITE);
    stage.write("golden.img", image);
    stage
}

/// Data with holes, of some pieces and a bit.
fn image() -> Vec<u8> {
    let mut image: Vec<u8> = (0..10 * MIB + 4321).map(|at| (at % 251) as u8 | 1).collect();
    image[3 * MIB..5 * MIB].fill(0);
    image
}

fn get(stage: &Stage, path: &str) -> Option<Element> {
    let (status, reply) = stage.engine().direct("GET", path, "");
    reply.filter(|_| status == 200)
}

fn disk(stage: &Stage) -> Option<Element> {
    let disks = get(stage, "/disks")?;
    let golden = |disk: &&Element| disk.text_at("alias") == Some("golden");
    assert!(disks.children().iter().filter(golden).count() < 2, "it was made twice");
    disks.children().iter().find(golden).cloned()
}

/// Waits in real time, since the engine's goes with it.
fn until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "it did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// All that is on the disk, read by a transfer as other clients read it.
fn content(stage: &Stage) -> Vec<u8> {
    let disk = disk(stage).unwrap();
    let document = format!(
        "<image_transfer><disk id=\"{}\"/><direction>download</direction><format>raw</format>\
         </image_transfer>",
        disk.id().unwrap()
    );
    let (status, made) = stage.engine().direct("POST", "/imagetransfers", &document);
    assert!(status < 300, "{status} {made:?}");
    let transfer = format!("/imagetransfers/{}", made.unwrap().id().unwrap());
    stage.engine().settle();
    let url = get(stage, &transfer).unwrap().text_at("transfer_url").map(str::to_owned);
    let path = format!("/images/{}", url.unwrap().rsplit('/').next().unwrap());
    let request = http::Request::get(path).body(Bytes::new()).unwrap();
    let mut engine = stage.engine();
    let now = engine.now();
    let Answer::Reply(response) = engine.answer(now, &request) else { panic!("it broke") };
    engine.direct("POST", &format!("{transfer}/finalize"), "<action/>");
    engine.settle();
    response.into_body().to_vec()
}

#[track_caller]
fn applies(stage: &Stage) -> String {
    let ran = stage.run("apply --yes");
    assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out, ran.err);
    ran.out
}

/// The disk holds the image and nothing else, and there is nothing left to do.
#[track_caller]
fn is_filled(stage: &Stage, image: &[u8]) {
    let content = content(stage);
    let (begin, rest) = content.split_at(image.len());
    assert!(begin == image, "the disk does not hold what is in the file");
    assert!(rest.iter().all(|byte| *byte == 0) && rest.len() < 4096);
    let ran = stage.run("plan");
    assert!(ran.out.contains("nothing to do"), "{}", ran.out);
}

fn trouble(stage: &Stage, trouble: Trouble) {
    stage.engine().trouble(trouble);
}

#[test]
fn what_is_in_the_file_is_on_the_disk() {
    let image = image();
    let stage = stage(&image);
    let told = applies(&stage);
    assert!(told.contains("up to 10 MiB are uploaded"), "{told}");
    is_filled(&stage, &image);
    let sent: usize = stage
        .engine()
        .requests()
        .iter()
        .filter(|request| request.method == "PUT" && request.path.starts_with("/images/"))
        .map(|request| request.received)
        .sum();
    assert!(sent <= 9 * MIB, "holes are not sent: {sent}");
}

#[test]
fn a_connection_that_breaks_goes_on_where_it_was() {
    let image = image();
    let broken = [Effect::DropBefore, Effect::DropAfter, Effect::DropMidway, Effect::Status(503)];
    // The last is what an expired ticket is answered with.
    let all = broken.into_iter().chain([Effect::Status(403)]);
    side_by_side(all, |effect| {
        let stage = stage(&image);
        trouble(&stage, Trouble::on("PUT", "/images/*", effect.clone()).nth(4).times(3));
        trouble(&stage, Trouble::on("PATCH", "/images/*", effect).times(1));
        applies(&stage);
        is_filled(&stage, &image);
    });
}

#[test]
fn a_host_may_take_its_time() {
    let image = image();
    let stage = stage(&image);
    let a_minute = Duration::from_secs(60);
    let slow = Effect::Delay(Latency::Uniform(a_minute, a_minute));
    trouble(&stage, Trouble::on("PUT", "/images/*", slow).times(u64::MAX));
    applies(&stage);
    is_filled(&stage, &image);
}

#[test]
fn lost_answers_of_the_engine_begin_nothing_twice() {
    let image = image();
    for path in ["/imagetransfers", "/imagetransfers/*/finalize"] {
        for effect in [Effect::DropAfter, Effect::DropBefore] {
            let stage = stage(&image);
            trouble(&stage, Trouble::on("POST", path, effect).times(1));
            let first = stage.run("apply --yes");
            if first.exit != Exit::Done {
                applies(&stage);
            }
            is_filled(&stage, &image);
        }
    }
}

#[test]
fn a_transfer_that_the_engine_pauses_is_told_to_go_on() {
    let image = image();
    let stage = stage(&image);
    // Somebody pauses it just before a piece arrives.
    let pause = Edit {
        method: "POST".to_owned(),
        path: "/imagetransfers/*/pause".to_owned(),
        document: "<action/>".to_owned(),
    };
    trouble(&stage, Trouble::on("PUT", "/images/*", Effect::Edit(pause)).nth(5).times(1));
    applies(&stage);
    let requests = stage.engine().requests().to_vec();
    assert!(requests.iter().any(|request| request.path.ends_with("/resume")));
    is_filled(&stage, &image);
}

#[test]
fn a_disk_that_is_half_filled_is_never_taken_for_full() {
    let image = image();
    // Killed before each of the calls, and after it.
    let points = [
        ("POST", "/disks"),
        ("POST", "/imagetransfers"),
        ("OPTIONS", "/images/*"),
        ("PUT", "/images/*"),
        ("PATCH", "/images/*"),
        ("POST", "/imagetransfers/*/finalize"),
    ];
    let effects = [Effect::DropBefore, Effect::DropAfter];
    let all = points.into_iter().flat_map(|point| effects.clone().map(|effect| (point, effect)));
    side_by_side(all, |((method, path), effect)| {
        let stage = stage(&image);
        trouble(&stage, Trouble::on(method, path, effect).times(u64::MAX));
        killed_at(&stage, method, path);
        stage.engine().no_more_trouble();
        applies(&stage);
        is_filled(&stage, &image);
    });
}

/// The same disk as part of a machine.
const OF_A_VM: &str = "vms:
  web:
    cluster: lab
    template: Blank
    status: up
    disk_attachments:
      golden:
        interface: virtio_scsi
        disk: { alias: golden, image_file: golden.img, storage_domains: [nfs-1] }
";

/// A disk to start from.
const SYSTEM: &str = "      system:
        interface: virtio_scsi
        disk: { provisioned_size: 1 GiB, format: cow, storage_domains: [nfs-1] }
";

/// The points of an upload at which a run may be killed.
const POINTS: [(&str, &str); 4] = [
    ("POST", "/imagetransfers"),
    ("PUT", "/images/*"),
    ("PATCH", "/images/*"),
    ("POST", "/imagetransfers/*/finalize"),
];

#[test]
fn a_machine_is_not_started_before_its_disk_is_filled() {
    let image = image();
    side_by_side(POINTS.into_iter(), |(method, path)| {
        let stage = stage(&image);
        stage.write("site.yaml", OF_A_VM);
        trouble(&stage, Trouble::on(method, path, Effect::DropAfter).times(u64::MAX));
        killed_at(&stage, method, path);
        stage.engine().no_more_trouble();
        applies(&stage);
        let asked = |end: &str| {
            let requests = stage.engine().requests().to_vec();
            requests.iter().position(|request| request.path.ends_with(end))
        };
        assert!(asked("/finalize").unwrap() < asked("/start").unwrap());
        ends_filled(&stage, &image);
    });
}

#[test]
fn a_machine_that_runs_gets_its_disk_when_that_is_filled() {
    let image = image();
    side_by_side(POINTS.into_iter(), |(method, path)| {
        let stage = stage(&image);
        let (vm, golden) = OF_A_VM.split_at(OF_A_VM.find("      golden").unwrap());
        let vm = format!("{vm}{SYSTEM}");
        stage.write("site.yaml", &vm);
        applies(&stage);
        stage.write("site.yaml", vm + golden);
        trouble(&stage, Trouble::on(method, path, Effect::DropAfter).times(u64::MAX));
        killed_at(&stage, method, path);
        stage.engine().no_more_trouble();
        applies(&stage);
        ends_filled(&stage, &image);
    });
}

#[test]
fn what_is_half_filled_can_be_removed() {
    let image = image();
    let of_a_vm = OF_A_VM.replace("    status: up\n", "");
    let (vm, _) = of_a_vm.split_once("    disk_attachments").unwrap();
    let only_the_disk = of_a_vm.replace(
        "interface: virtio_scsi\n",
        "interface: virtio_scsi\n        detach_only: false\n",
    );
    let sites = [
        (SITE, "disks: {}\n", "disks/golden"),
        (&of_a_vm, "vms: {}\n", "vms/web"),
        (&only_the_disk, vm, "vms/web/disk_attachments/golden"),
    ];
    side_by_side(sites.into_iter(), |(site, without, address)| {
        let stage = stage(&image);
        stage.write("site.yaml", site);
        trouble(&stage, Trouble::on("PUT", "/images/*", Effect::DropAfter).times(u64::MAX));
        killed_at(&stage, "PUT", "/images/*");
        stage.engine().no_more_trouble();
        stage.write("site.yaml", without);
        let ran = stage.run(&format!("apply --yes --allow-destroy {address}"));
        assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("cancel the upload"), "{}", ran.out);
        stage.engine().settle();
        assert!(disk(&stage).is_none(), "{}", ran.out);
        assert!(stage.run("plan").out.contains("nothing to do"));
    });
}

/// The machine runs with its disk, on which the image is once the machine is stopped.
#[track_caller]
fn ends_filled(stage: &Stage, image: &[u8]) {
    let vm =
        get(stage, "/vms").unwrap().children().iter().find_map(|vm| {
            (vm.text_at("name") == Some("web")).then(|| vm.id().unwrap().to_owned())
        });
    let vm = format!("/vms/{}", vm.unwrap());
    assert_eq!(get(stage, &vm).unwrap().text_at("status"), Some("up"));
    let disks = get(stage, &format!("{vm}/diskattachments")).unwrap();
    assert!(disks.children().iter().all(|disk| disk.text_at("active") == Some("true")));
    assert!(stage.run("plan").out.contains("nothing to do"));
    stage.engine().direct("POST", &format!("{vm}/stop"), "<action/>");
    stage.engine().settle();
    let content = content(stage);
    assert!(content.starts_with(image), "the disk does not hold what is in the file");
}

/// Tries each, all at the same time: most of it is waiting.
fn side_by_side<T: Send>(all: impl Iterator<Item = T>, of: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for one in all {
            scope.spawn(|| of(one));
        }
    });
}

/// Runs the program, and kills it once such a request has come.
fn killed_at(stage: &Stage, method: &str, path: &str) {
    let mut child = stage.start("apply --yes");
    let (start, end) = path.split_once('*').unwrap_or((path, ""));
    until(|| {
        stage.engine().requests().iter().any(|request| {
            let asked = request.path.trim_start_matches("/ovirt-engine/api");
            let asked = asked.split('?').next().unwrap_or_default();
            let is_it = asked.starts_with(start) && asked.ends_with(end);
            request.method == method && is_it && (path.contains('*') || asked == path)
        })
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_not_taken_is_told_and_the_next_run_goes_on() {
    let image = image();
    let stage = stage(&image);
    trouble(&stage, Trouble::on("PUT", "/images/*", Effect::Status(413)).nth(4).times(u64::MAX));
    let ran = stage.run("apply --yes");
    assert_eq!(ran.exit, Exit::Error, "{}", ran.out);
    assert!(ran.err.contains("the image was not taken beyond"), "{}", ran.err);
    stage.engine().no_more_trouble();
    let plan = stage.run("plan").out;
    assert!(plan.contains("~ disks/golden") && plan.contains("upload"), "{plan}");
    applies(&stage);
    is_filled(&stage, &image);
}

#[test]
fn an_image_that_the_engine_gives_up_is_sent_anew_on_another_disk() {
    let image = image();
    let stage = stage(&image);
    let cancel = Edit {
        method: "POST".to_owned(),
        path: "/imagetransfers/*/cancel".to_owned(),
        document: "<action/>".to_owned(),
    };
    trouble(&stage, Trouble::on("PUT", "/images/*", Effect::Edit(cancel)).nth(5).times(1));
    let ran = stage.run("apply --yes");
    assert_eq!(ran.exit, Exit::Error, "{}", ran.out);
    stage.engine().settle();
    assert!(disk(&stage).is_none(), "the engine removes what was not filled");
    applies(&stage);
    is_filled(&stage, &image);
}

#[test]
fn a_qcow2_image_is_taken_as_a_file_and_the_disk_grows_afterwards() {
    let file = qcow2(64 * MIB as u64);
    let stage = stage(&file);
    let site = SITE.replace("image_file", "provisioned_size: 1 GiB, image_file");
    stage.write("site.yaml", &site);
    let told = applies(&stage);
    assert!(told.contains("format            cow"), "{told}");
    let disk = disk(&stage).unwrap();
    assert_eq!(disk.text_at("provisioned_size"), Some("1073741824"));
    assert_eq!(content(&stage).len(), 1 << 30);
    assert!(stage.run("plan").out.contains("nothing to do"));
}

/// An empty image: its header, one level of tables and the counts of its clusters.
fn qcow2(size: u64) -> Vec<u8> {
    const CLUSTER: usize = 1 << 16;
    let mut file = vec![0; 4 * CLUSTER];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"QFI\xfb");
    put(4, &3_u32.to_be_bytes());
    put(20, &16_u32.to_be_bytes());
    put(24, &size.to_be_bytes());
    put(36, &1_u32.to_be_bytes());
    put(40, &(3 * CLUSTER as u64).to_be_bytes());
    put(48, &(CLUSTER as u64).to_be_bytes());
    put(56, &1_u32.to_be_bytes());
    put(96, &4_u32.to_be_bytes());
    put(100, &104_u32.to_be_bytes());
    put(CLUSTER, &(2 * CLUSTER as u64).to_be_bytes());
    for cluster in 0..4 {
        put(2 * CLUSTER + 2 * cluster, &1_u16.to_be_bytes());
    }
    file
}
