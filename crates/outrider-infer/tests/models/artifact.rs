use outrider_infer::artifact::{Artifact, Section};
use outrider_infer::{Model, PartsError, Recalibration};
use proptest::prelude::*;

use crate::made::{artifact, average, forest, frame, logistic, probability_network, quantile_network, quantile_trees};

fn every_kind() -> Vec<Model> {
    let mended = probability_network().mended(Some(Recalibration::new(0.8, 0.3).unwrap()));
    vec![
        logistic(),
        forest(),
        quantile_trees(),
        quantile_network(),
        mended.clone(),
        average(vec![logistic(), forest(), mended], false),
        average(vec![quantile_trees(), quantile_network()], true),
    ]
}

#[test]
fn a_model_of_any_kind_comes_back_whole() {
    for model in every_kind() {
        let bytes = artifact(&model).write();
        let read = Model::of(&Artifact::read(&bytes).unwrap()).unwrap();
        assert_eq!(read, model);
        assert_eq!(artifact(&read).write(), bytes);
    }
}

/// The artifact with the bytes of one section changed.
fn with(artifact: &Artifact, name: &str, change: impl Fn(&mut Vec<u8>)) -> Artifact {
    let sections = artifact.section_names().map(|own| {
        let mut bytes = artifact.section(own).unwrap().to_vec();
        if own == name {
            change(&mut bytes);
        }
        Section { name: own.to_owned(), bytes }
    });
    Artifact::new(artifact.header().clone(), sections.collect()).unwrap()
}

#[test]
fn an_ensemble_is_not_read_in_itself_nor_beyond_its_bounds() {
    let sound = artifact(&average(vec![logistic(), forest()], false));
    let plan = |change: &dyn Fn(&mut Vec<u8>)| Model::of(&with(&sound, "ensemble", change)).unwrap_err();
    let nested = plan(&|bytes| {
        let own = [&[8, 0][..], b"ensemble"].concat();
        bytes.splice(4..4 + 2 + 8, own);
    });
    assert!(matches!(nested, PartsError::Kind(kind) if kind == "ensemble"));
    let told = plan(&|bytes| bytes[2] = 255).to_string();
    assert_eq!(told, "an ensemble of 255 models, expected 2 to 8");
    assert!(plan(&|bytes| bytes[3] = 200).to_string().contains("cut short"));
    assert!(plan(&|bytes| bytes.push(0)).to_string().contains("1 bytes stand behind"));
    let words = with(&sound, "1.words", |bytes| bytes.truncate(4));
    assert!(Model::of(&words).unwrap_err().to_string().contains("cut short"));
}

proptest! {
    /// Checksums fit, since a hostile writer can make them.
    #[test]
    fn damaged_parts_are_refused_or_can_be_used(
        kind in 0_usize..7, section: prop::sample::Index, hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let sound = artifact(&every_kind()[kind]);
        let names: Vec<&str> = sound.section_names().collect();
        let damaged = with(&sound, names[section.index(names.len())], |bytes| {
            for (place, to) in &hits {
                if !bytes.is_empty() {
                    let at = place.index(bytes.len());
                    bytes[at] = *to;
                }
            }
        });
        if let Ok(model) = Model::of(&damaged) {
            let _ = model.predict(&frame());
            let _ = model.explain(&frame());
        }
    }
}
