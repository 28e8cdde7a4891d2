//! Whole reports of small trainings. `OUTRIDER_GALLERY=FOLDER cargo test -p outrider-lab training_report` keeps them, to be looked at.

use std::fs;
use std::path::PathBuf;

use outrider_train::tasks::RETRY;
use outrider_train::training::{Options, SplitChoice, Trained};

use super::sample::{of_retries, of_times, telemetry, trained};
use super::{pictures, write};
use crate::report::gallery::flaws;

/// A folder of this test process alone, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("outrider-training-{name}-{}", std::process::id())))
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes the report, checks what must be true of every one, and returns its folder and the names of its pictures.
fn show(name: &str, trained: &Trained) -> (Folder, Vec<String>) {
    let folder = Folder::new(name);
    let files = write(trained, 3, "outrider train retry --data x.csv", &folder.0).unwrap();
    if let Some(kept) = std::env::var_os("OUTRIDER_GALLERY").map(PathBuf::from) {
        write(trained, 3, "outrider train retry --data x.csv", &kept.join(name)).unwrap();
    }
    for plot in pictures::all(trained) {
        let flaws = flaws(&plot.scene);
        assert!(flaws.is_empty(), "{name}, {}: {flaws:#?}", plot.name);
    }
    let pictures = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "png"));
    let pictures: Vec<&PathBuf> = pictures.collect();
    for file in &pictures {
        let picture = tiny_skia::Pixmap::load_png(file).unwrap();
        let paper = picture.pixel(0, 0);
        let drawn = picture.pixels().iter().filter(|pixel| Some(**pixel) != paper).count();
        let share = drawn as f64 / picture.pixels().len() as f64;
        assert!((0.005..0.6).contains(&share), "{share} of {} is not paper", file.display());
    }
    let names = pictures.iter().map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    (folder, names)
}

#[test]
fn a_training_of_probabilities_is_told_in_full() {
    let trained = of_retries(&Options::default());
    let (folder, pictures) = show("retries", &trained);
    let expected = [
        "roc",
        "precision_recall",
        "confusion_matrix",
        "calibration",
        "importances",
        "shap_summary",
        "learning_curve",
        "error_over_time",
        "retry_rates",
        "response_times",
    ];
    assert_eq!(pictures, expected);
    let (page, report) = (folder.read("index.html"), folder.read("report.md"));
    for text in [&page, &report] {
        for told in
            ["The verdict is credible", "Models beside baselines", "majority", "outrider train retry --data x.csv"]
        {
            assert!(text.contains(told), "{told} is missing");
        }
        let (name, value, interval) = &trained.best().scored.figures[0];
        let cell = super::numbers::with_interval(*value, interval.as_ref());
        assert!(name == "roc_auc" && interval.is_some() && text.contains(&cell), "{cell}");
        assert!(
            text.contains("60 s before each cut") && text.contains("3 rejected in reading") && !text.contains("random")
        );
    }
    assert_eq!(page.matches("<svg ").count(), pictures.len());
    assert!(pictures.iter().all(|name| report.contains(&format!("({name}.png)"))));
    assert!(
        page.contains("log1p_response_time_ms") && report.contains("| response |"),
        "features are told with when they are known"
    );
}

#[test]
fn a_training_of_quantiles_is_told_in_full() {
    let (folder, pictures) = show("times", &of_times());
    let expected = [
        "coverage",
        "predicted_actual",
        "importances",
        "shap_summary",
        "learning_curve",
        "error_over_time",
        "error_by_load_decile",
    ];
    assert_eq!(pictures, expected);
    let report = folder.read("report.md");
    assert!(report.contains("| table by host and class | baseline |") && report.contains("coverage_0.9"), "{report}");
    assert!(report.contains("By load: p90") && report.contains("| in_flight | rows |"), "{report}");
    assert!(!report.contains("positive | share") && !report.contains("roc"), "what does not apply is not mentioned");
}

#[test]
fn a_random_split_says_that_it_is_one() {
    let trained =
        of_retries(&Options { split: SplitChoice::Random, models: vec!["logistic".to_owned()], ..Options::default() });
    let (folder, pictures) = show("random", &trained);
    assert!(!pictures.iter().any(|name| name == "learning_curve"), "nothing was boosted: {pictures:?}");
    assert!(pictures.iter().any(|name| name == "shap_summary"));
    for file in ["index.html", "report.md"] {
        assert!(folder.read(file).contains("too good where time matters"), "{file}");
    }
}

#[test]
fn a_leak_is_told_before_anything_else() {
    let mut rows = telemetry(4_000, 1.0);
    let label = rows.column("retried").unwrap().values.clone();
    rows.push(outrider_core::frame::Column { name: "client_gave_up".to_owned(), values: label }).unwrap();
    let (folder, _) = show("leak", &trained(&RETRY, &rows, &Options::default()));
    let report = folder.read("report.md");
    let head = report.split("## ").next().unwrap();
    assert!(head.contains("The verdict is suspicious") && head.contains("client_gave_up"), "{head}");
    assert!(head.contains("No decision may go by it."), "{head}");
}

#[test]
fn names_cannot_become_markup() {
    const HOSTILE: &str = "</text><script>alert(1)</script>|";
    let mut rows = telemetry(3_000, 1.0);
    let random = (0..3_000).map(|row| f64::from(row % 7)).collect();
    rows.push(outrider_core::frame::Column {
        name: HOSTILE.to_owned(),
        values: outrider_core::frame::Values::Number(random),
    })
    .unwrap();
    let (folder, _) = show("hostile", &trained(&RETRY, &rows, &Options::default()));
    let page = folder.read("index.html");
    assert_eq!(page.matches("<script").count(), 1, "the page's own alone");
    assert!(page.contains("&lt;script&gt;alert(1)") && !folder.read("report.md").contains(" <script>"));
}

#[test]
fn the_same_training_is_told_in_the_same_bytes() {
    let options = Options { models: vec!["boosting".to_owned()], ..Options::default() };
    let rows = telemetry(2_000, 1.0);
    let (first, pictures) = show("once", &trained(&RETRY, &rows, &options));
    let (second, _) = show("again", &trained(&RETRY, &rows, &options));
    let files = pictures.iter().map(|name| format!("{name}.png")).chain(["report.md", "index.html"].map(str::to_owned));
    for file in files {
        assert!(fs::read(first.0.join(&file)).unwrap() == fs::read(second.0.join(&file)).unwrap(), "{file}");
    }
}

#[test]
fn what_cannot_be_written_is_named() {
    let folder = Folder::new("file");
    fs::write(&folder.0, "in the way").unwrap();
    let told =
        write(&of_retries(&Options { models: vec!["logistic".to_owned()], ..Options::default() }), 0, "", &folder.0);
    let told = told.unwrap_err().to_string();
    let removed = fs::remove_file(&folder.0);
    assert!(told.contains("outrider-training-file") && told.starts_with("cannot write the report's "), "{told}");
    removed.unwrap();
}
