//! Files as people have them: formats, columns that differ, rows that are wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/folder.rs"]
mod folder;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use folder::Folder;
use outrider_core::frame::{Column, Frame, NO_TIME, Values};
use outrider_store::{ColumnKind, Limits, Options, ReadError, Reading, read, read_once, write};

/// `bytes` packed.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn read_all(paths: &[PathBuf]) -> Result<(Frame, Reading), ReadError> {
    read(paths, &Options::default(), &mut |_| {})
}

fn read_text(text: &str) -> Result<(Frame, Reading), ReadError> {
    let folder = Folder::new("text");
    read_all(&[folder.write("rows", text.as_bytes())])
}

fn refused(text: &[u8]) -> String {
    let folder = Folder::new("refused");
    read_all(&[folder.write("rows", text)]).unwrap_err().to_string()
}

fn numbers(frame: &Frame, name: &str) -> Vec<Option<f64>> {
    let Values::Number(numbers) = &frame.column(name).unwrap().values else { panic!("{name} holds no numbers") };
    numbers.iter().map(|number| Some(*number).filter(|number| !number.is_nan())).collect()
}

fn words<'a>(frame: &'a Frame, name: &str) -> Vec<Option<&'a str>> {
    let Values::Word(words) = &frame.column(name).unwrap().values else { panic!("{name} holds no words") };
    (0..words.codes.len()).map(|row| words.get(row)).collect()
}

fn times(frame: &Frame, name: &str) -> Vec<i64> {
    let Values::Time(times) = &frame.column(name).unwrap().values else { panic!("{name} holds no times") };
    times.clone()
}

fn told(reading: &Reading) -> Vec<String> {
    let short = |sample: &outrider_store::Rejected| {
        format!("{}:{}: {}", sample.line, sample.column.as_deref().unwrap_or_default(), sample.expected)
    };
    reading.samples.iter().map(short).collect()
}

#[test]
fn csv_is_read_with_its_kinds() {
    let text = "when,ms,ok,word\r\n2024-01-01T00:00:00Z,1.5,true,\"a, b\"\r\n,,False,\r\n\r\n2024-01-01T01:00:00+01:00,-3,1,c\r\n";
    let (frame, reading) = read_text(text).unwrap();
    assert_eq!(times(&frame, "when"), [1_704_067_200_000_000, NO_TIME, 1_704_067_200_000_000]);
    assert_eq!(numbers(&frame, "ms"), [Some(1.5), None, Some(-3.0)]);
    assert_eq!(numbers(&frame, "ok"), [Some(1.0), Some(0.0), Some(1.0)]);
    assert_eq!(words(&frame, "word"), [Some("a, b"), None, Some("c")]);
    assert_eq!((reading.rows, reading.rejected), (3, 0));
    let when = &reading.columns[0];
    assert_eq!((when.name.as_str(), when.kind, when.missing, when.distinct), ("when", ColumnKind::Time, 1, 1));
}

#[test]
fn other_delimiters_marks_and_unnamed_columns_are_understood() {
    let (frame, _) = read_text("\u{feff}a;b\n1;x\n").unwrap();
    assert_eq!((numbers(&frame, "a"), words(&frame, "b")), (vec![Some(1.0)], vec![Some("x")]));
    let (frame, _) = read_text("\ta\n0\t7\n").unwrap();
    assert_eq!(numbers(&frame, "column_1"), [Some(0.0)]);
}

#[test]
fn nested_json_is_flattened_and_numbers_may_be_strings() {
    let text = r#"{"platform": "lambda", "metrics": {"execution_time_ms": "12.5", "cold_start": true}}
{"platform": "ecs", "metrics": null}

{"platform": null, "metrics": {}}
{"metrics": {"execution_time_ms": 3, "deep": {"er": 1}}}
"#;
    let (frame, reading) = read_text(text).unwrap();
    assert_eq!(numbers(&frame, "metrics.execution_time_ms"), [Some(12.5), None, None, Some(3.0)]);
    assert_eq!(numbers(&frame, "metrics.cold_start"), [Some(1.0), None, None, None]);
    assert_eq!(numbers(&frame, "metrics.deep.er"), [None, None, None, Some(1.0)]);
    assert_eq!(words(&frame, "platform"), [Some("lambda"), Some("ecs"), None, None]);
    let names: Vec<&str> = reading.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["platform", "metrics.execution_time_ms", "metrics.cold_start", "metrics.deep.er"]);
}

#[test]
fn wrong_rows_of_csv_are_counted_and_named() {
    let good = "1,x\n".repeat(40);
    let text = format!("ms,word\n{good}soon,x\n1\n1,2,3\n\"2\n\",y\n\"3\",\"\ntwo lines\"\nlate,z\n");
    let (frame, reading) = read_text(&text).unwrap();
    assert_eq!((reading.rows, reading.rejected, frame.rows()), (42, 4, 42));
    let expected = [
        "42:ms: a number, found \"soon\"",
        "43:: 2 fields as in the header, found 1",
        "44:: 2 fields as in the header, found 3",
        "49:ms: a number, found \"late\"",
    ];
    assert_eq!(told(&reading), expected);
    assert!(reading.to_string().contains("4 wrong rows left out"), "{reading}");
    assert!(reading.samples[0].to_string().contains("rows, line 42, column \"ms\": expected a number"), "{reading}");
}

#[test]
fn wrong_rows_of_json_are_counted_and_named() {
    let good = "{\"a\": 1}\n".repeat(40);
    let text = format!(
        "{good}{{\"a\": \"x\"}}\n{{\"a\": 1\n[1]\n{{\"a\": 1, \"a\": 2}}\n{{\"a\": [1]}}\n{{\"a\": 1}} 2\n{{}}\n"
    );
    let (_, reading) = read_text(&text).unwrap();
    assert_eq!((reading.rows, reading.rejected), (41, 6));
    let told = told(&reading);
    assert_eq!(told[0], "41:a: a number, found \"x\"");
    assert!(told[1].starts_with("42:: a JSON object, found: EOF while parsing"), "{told:?}");
    assert!(told[2].contains("invalid type: sequence, expected an object"), "{told:?}");
    assert_eq!(told[3], "44:a: the name once in a row, found it twice");
    assert!(told[4].contains("\"a\" is a list, expected a single value"), "{told:?}");
    assert!(told[5].contains("trailing characters"), "{told:?}");
}

#[test]
fn bytes_that_are_no_text_make_wrong_rows() {
    let folder = Folder::new("bytes");
    let csv = folder.write("a.csv", b"a,b\n1,x\n2,\xff\n3,y\n");
    let json = folder.write("b.jsonl", b"{\"a\": 4, \"b\": \"z\"}\n{\"a\": 5, \"b\": \"\xff\"}\n");
    let (frame, reading) = read_all(&[csv, json]).unwrap();
    assert_eq!(numbers(&frame, "a"), [Some(1.0), Some(3.0), Some(4.0)]);
    let places: Vec<(u64, &str)> = reading.samples.iter().map(|s| (s.line, s.expected.as_str())).collect();
    assert_eq!((places[0].0, places[1].0, reading.rejected), (3, 2, 2));
    assert!(places[0].1.starts_with("UTF-8 text"), "{places:?}");
}

#[test]
fn a_row_too_long_is_wrong_and_reading_goes_on() {
    let limits = Limits { line_bytes: 10_000, ..Limits::default() };
    let folder = Folder::new("long");
    let long = "x".repeat(50_000);
    let csv =
        folder.write("a.csv", format!("a,b\n1,x\n2,{long}\n3,\"{long}\n\"\n4,y\n5,{}\n", &long[..9_000]).as_bytes());
    let json = folder.write("b.jsonl", format!("{{\"a\": 6}}\n{{\"b\": \"{long}\"}}\n{{\"a\": 7}}").as_bytes());
    let options = Options { limits, ..Options::default() };
    let (frame, reading) = read(&[csv, json], &options, &mut |_| {}).unwrap();
    assert_eq!(numbers(&frame, "a"), [1.0, 4.0, 5.0, 6.0, 7.0].map(Some));
    let lines: Vec<u64> = reading.samples.iter().map(|sample| sample.line).collect();
    assert_eq!((lines, reading.rejected), (vec![3, 4, 2], 3));
}

#[test]
fn columns_are_merged_by_name_over_files_of_a_folder() {
    let folder = Folder::new("merged");
    folder.write("1.csv", b"a,b\n1,x\n");
    folder.write("3.csv.gz", &gzip(b"c,a\n9,3\n"));
    folder.write("2.jsonl", b"{\"b\": \"y\"}\n");
    folder.write("report.md", b"# not read");
    folder.write(".hidden.csv", b"a\n100\n");
    let (frame, reading) = read_all(&[folder.path().to_owned()]).unwrap();
    assert_eq!(numbers(&frame, "a"), [Some(1.0), None, Some(3.0)]);
    assert_eq!(words(&frame, "b"), [Some("x"), Some("y"), None]);
    assert_eq!(numbers(&frame, "c"), [None, None, Some(9.0)]);
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(reading.files.iter().map(name).collect::<Vec<_>>(), ["1.csv", "2.jsonl", "3.csv.gz"]);
    assert_eq!(reading.skipped.iter().map(name).collect::<Vec<_>>(), ["report.md"]);
}

#[test]
fn a_kind_may_be_asked_for() {
    let folder = Folder::new("kinds");
    let path = folder.write("a.csv", b"status,ms\n200,1\n404,x\n");
    let kinds = BTreeMap::from([("status".to_owned(), ColumnKind::Word), ("ms".to_owned(), ColumnKind::Number)]);
    let (frame, reading) = read(&[path], &Options { kinds, ..Options::default() }, &mut |_| {}).unwrap();
    assert_eq!((words(&frame, "status"), reading.rejected), (vec![Some("200")], 1));
}

#[test]
fn a_kind_that_is_asked_for_is_the_text_as_it_is_written_in_every_format() {
    let folder = Folder::new("asked");
    let odd = ["none", "-", "NA", "001", "1.0", "1e3", "2024-01-01", "1475280000", "inf"];
    let lines = |line: &dyn Fn(&str) -> String| odd.iter().map(|word| line(word)).collect::<String>();
    let csv = format!("kind,timestamp\n{}\"\",1475280000\n", lines(&|word| format!("{word},1475280000\n")));
    let json = lines(&|word| format!("{{\"kind\": \"{word}\", \"timestamp\": 1475280000}}\n"))
        + "{\"kind\": null, \"timestamp\": 1475280000}\n";
    let kinds = BTreeMap::from([("kind".to_owned(), ColumnKind::Word), ("timestamp".to_owned(), ColumnKind::Number)]);
    let options = Options { kinds, ..Options::default() };
    let written = Frame::new(vec![
        Column { name: "kind".to_owned(), values: Values::Word(odd.iter().copied().map(Some).chain([None]).collect()) },
        Column { name: "timestamp".to_owned(), values: Values::Number(vec![1_475_280_000.0; odd.len() + 1]) },
    ])
    .unwrap();
    let parquet = folder.path().join("rows.parquet");
    write(&written, &parquet).unwrap();
    for path in [folder.write("rows.csv", csv.as_bytes()), folder.write("rows.jsonl", json.as_bytes()), parquet] {
        let (frame, reading) = read(&[path], &options, &mut |_| {}).unwrap();
        assert_eq!((&frame, reading.rejected), (&written, 0), "{:?}", reading.files);
    }
}

#[test]
fn what_can_be_read_but_once_is_called_by_its_name() {
    let once = |mut text: &[u8]| read_once("standard input", &mut text, 1 << 30, &Options::default());
    let (frame, reading) = once(b"a\n1\n2\n").unwrap();
    assert_eq!((numbers(&frame, "a"), reading.files), (vec![Some(1.0), Some(2.0)], vec!["standard input".into()]));
    assert!(once(b"").unwrap_err().to_string().starts_with("standard input: it is empty"));
    let long = "12345678\n".repeat(1 << 20);
    let (frame, _) = once(format!("a\n{long}").as_bytes()).unwrap();
    assert_eq!(frame.rows(), 1 << 20);
    let (_, reading) = once(format!("{}inf\n", "a\n".to_owned() + &"1\n".repeat(30)).as_bytes()).unwrap();
    let told = "32:a: a finite number, or nothing where there is none, found \"inf\"";
    assert_eq!(self::told(&reading), [told]);
}

#[test]
fn numbers_named_and_sized_as_times_are_times_and_it_is_said() {
    let (frame, reading) = read_text("unix_ts,rtt_ms\n1475280000,1\n1475280240.5,2\n").unwrap();
    assert_eq!(times(&frame, "unix_ts"), [1_475_280_000_000_000, 1_475_280_240_500_000]);
    assert_eq!(reading.columns[0].note.as_deref(), Some("numbers taken as seconds since 1970 UTC"));
}

#[test]
fn what_is_written_reads_back_in_every_format() {
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let frame = Frame::new(vec![
        column("time", Values::Time(vec![1_704_067_200_000_001, NO_TIME, 1])),
        column("a \"quoted\", name", Values::Number(vec![0.1 + 0.2, f64::NAN, -1e300])),
        column("word", Values::Word([Some("b\nc"), Some("a,\""), None].into_iter().collect())),
    ])
    .unwrap();
    let folder = Folder::new("written");
    for name in ["a.csv", "b.csv.gz", "c.parquet"] {
        let path = folder.path().join(name);
        write(&frame, &path).unwrap();
        let (back, reading) = read_all(std::slice::from_ref(&path)).unwrap();
        // Not a number is not equal to itself.
        assert_eq!(format!("{back:?}"), format!("{frame:?}"), "{name}");
        assert_eq!(reading.rejected, 0);
        std::fs::write(&path, gzip(&std::fs::read(&path).unwrap())).unwrap();
        if name != "b.csv.gz" {
            assert_eq!(format!("{:?}", read_all(&[path]).unwrap().0), format!("{frame:?}"), "{name} in gzip");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside them");
    assert!(write(&frame, &folder.path().join("d.xls")).unwrap_err().to_string().contains(".csv.gz"));
}

#[test]
fn a_column_of_ids_is_left_out_and_it_is_said() {
    let limits = Limits { words: 3, ..Limits::default() };
    let folder = Folder::new("ids");
    let path = folder.write("a.csv", b"id,n\na,1\nb,2\nc,3\nd,4\na,5\n");
    let (frame, reading) = read(&[path], &Options { limits, ..Options::default() }, &mut |_| {}).unwrap();
    assert!(frame.column("id").is_none());
    assert_eq!((frame.rows(), numbers(&frame, "n").len()), (5, 5));
    assert!(reading.columns[0].note.as_deref().unwrap().contains("more than 3 different words"));
}

#[test]
fn what_holds_no_rows_is_an_error_in_one_sentence() {
    for (text, expected) in [
        (b"".as_slice(), "it is empty"),
        (b"a,b\n", "no rows, expected at least one below the header"),
        (b"a,b\n1\n", "no rows but 1 wrong one"),
        (b"a,a\n1,2\n", "two columns are named \"a\""),
        (b"[{\"a\": 1}]", "jq -c"),
        (b"\xff\xfea\0,\0b\0", "neither UTF-8 text nor Parquet"),
        (b"PAR1 but not really", "not readable as Parquet"),
        (b"PAR1", "not readable as Parquet"),
        (&gzip(b"a\n1\n")[..20], "complete"),
        (&gzip(b""), "it is empty"),
    ] {
        let told = refused(text);
        assert!(told.contains(expected) && told.lines().count() == 1, "{:?}: {told}", String::from_utf8_lossy(text));
    }
}

#[test]
fn paths_that_stand_for_nothing_are_named() {
    let folder = Folder::new("paths");
    let path = folder.write("a.csv", b"a\n1\n");
    let told = |paths: &[PathBuf]| read_all(paths).unwrap_err().to_string();
    assert!(told(&[folder.path().to_owned(), path]).contains("to be read twice"));
    assert!(told(&[folder.path().join("b.csv")]).contains("b.csv"));
    assert!(told(&[]).contains("no files to read"));
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(told(&[folder.path().join("empty")]).contains("holds no file that ends with csv"));
}

#[test]
fn what_is_too_much_is_refused() {
    let folder = Folder::new("limits");
    let limits = Limits { rows: 3, columns: 2, name_bytes: 5, unpacked_bytes: 1 << 20, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let told = |bytes: &[u8]| read(&[folder.write("rows", bytes)], &options, &mut |_| {}).unwrap_err().to_string();
    assert!(told(b"a\n1\n2\n3\n4\n").contains("more than 3 rows"));
    assert!(told(b"a,b,c\n1,2,3\n").contains("more than 2 columns"));
    assert!(told(b"{\"a\": 1}\n{\"b\": 1}\n{\"c\": 1}\n").contains("more than 2 columns"));
    assert!(told(b"abcdef\n1\n").contains("longer than 5 bytes"));
    let bomb = gzip(&vec![b'x'; 8 << 20]);
    assert!(bomb.len() < 16 << 10, "{}", bomb.len());
    assert!(told(&bomb).contains("unpacks to more than 1048576 bytes"), "{}", told(&bomb));
}

#[test]
fn progress_is_told_in_both_looks() {
    let folder = Folder::new("progress");
    let path = folder.write("a.csv", format!("a\n{}", "1\n".repeat(70_000)).as_bytes());
    let mut told = Vec::new();
    read(&[path], &Options::default(), &mut |progress| told.push((progress.look, progress.rows))).unwrap();
    assert_eq!(told, [(1, 65_536), (2, 65_536)]);
}
