//! The options of `trainer train` that replace what the recipe says, the same for composed images
//! and labelled captures.
//!
//! What makes no sense for one of them is refused with the reason.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::data::augment::sample::Level;
use crate::model::network::identifier::{Backbone, IdentifierShape};
use crate::recipe::optimiser::OptimiserKind;
use crate::recipe::schedule::Scheduler;
use crate::recipe::training::{Freeze, PrecisionChoice, Training};
use crate::recipe::{DataRecipe, Recipe};

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum What {
    /// The network that finds cards
    Detector,
    /// The network that names them
    Identifier,
    /// Both, one after the other
    All,
}

/// Each replaces what the recipe says.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Instead of what the recipe says")]
pub(super) struct RecipeOptions {
    /// Fields of the labels that are learned, a head each: identification,modifier,seal or any
    /// other (with --data)
    #[arg(long, value_delimiter = ',')]
    tasks: Vec<String>,
    /// The identifier's network below the heads
    #[arg(long, value_enum)]
    backbone: Option<BackboneName>,
    /// Weights to start from: a run, a checkpoint, a model's folder, or torchvision's resnet18;
    /// what fits is taken
    #[arg(long, value_name = "PATH", visible_alias = "from")]
    pub(super) init: Option<PathBuf>,
    /// Which parts of the backbone are not trained
    #[arg(long, value_enum)]
    freeze: Option<Freeze>,
    /// Which optimiser
    #[arg(long, value_enum, alias = "optimiser")]
    optimizer: Option<OptimiserKind>,
    /// Highest learning rate of the heads, and of composed images' whole networks: lower for a run
    /// that starts from another
    #[arg(long, alias = "learning-rate")]
    rate: Option<f64>,
    /// Highest learning rate of the backbone
    #[arg(long)]
    backbone_rate: Option<f64>,
    /// Weight decay
    #[arg(long)]
    weight_decay: Option<f64>,
    /// How the learning rate changes over epochs; on composed images a cosine falls step by step
    #[arg(long, value_enum)]
    scheduler: Option<SchedulerName>,
    /// Epochs of a step (step), or without a fall of the loss (plateau)
    #[arg(long, requires = "scheduler")]
    scheduler_epochs: Option<u64>,
    /// What the rate is multiplied by (step, plateau)
    #[arg(long, requires = "scheduler")]
    scheduler_factor: Option<f64>,
    /// What is left of the rate in the end (cosine, plateau)
    #[arg(long, requires = "scheduler")]
    scheduler_floor: Option<f64>,
    /// Draw rare cards as often as frequent ones (with --data)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    weighted_sampler: Option<bool>,
    /// Let rare classes count more in the loss (with --data)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    class_weights: Option<bool>,
    /// Label smoothing
    #[arg(long)]
    smoothing: Option<f64>,
    /// What layers compute in
    #[arg(long, value_enum)]
    precision: Option<PrecisionChoice>,
    /// Epochs without a lower validation loss until the training ends; 0 for never
    #[arg(long)]
    patience: Option<u64>,
    /// Epochs between checkpoints that are kept; 0 for none
    #[arg(long)]
    checkpoint_interval: Option<u64>,
    /// How many of those are kept
    #[arg(long)]
    keep: Option<usize>,
    /// How often every capture is seen; with composed images how many times --epoch-steps
    #[arg(long, conflicts_with_all = ["steps", "minutes"], value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    epochs: Option<u64>,
    /// Steps in an epoch of composed images, after which they are validated
    #[arg(long)]
    epoch_steps: Option<u64>,
    /// Images in a step
    #[arg(long)]
    batch: Option<usize>,
    /// Everything random is derived from it
    #[arg(long)]
    seed: Option<u64>,
    /// What is done to captures on the fly (with --data)
    #[arg(long, value_enum)]
    transforms: Option<Level>,
    /// Part of the originals of each card that is held out (with --data)
    #[arg(long)]
    validation: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum BackboneName {
    /// Convolutions and a template match, as in the recipe
    Idlite,
    /// ResNet18
    Resnet18,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum SchedulerName {
    None,
    Step,
    Plateau,
    Cosine,
}

fn set<T: Clone>(to: &mut T, given: Option<&T>) {
    if let Some(value) = given {
        to.clone_from(value);
    }
}

/// Why an option makes no sense.
fn refuse(is_given: bool, option: &str, reason: &str) -> Result<()> {
    if is_given {
        bail!("--{option} makes no sense here: {reason}");
    }
    Ok(())
}

impl RecipeOptions {
    /// The recipe of a training on composed images.
    pub(super) fn composed(&self, mut recipe: Recipe, what: What) -> Result<Recipe> {
        let labels = "composed images have no labels, and the heads are those of the catalogue";
        refuse(!self.tasks.is_empty(), "tasks", labels)?;
        let equal = "composed images show all cards alike; `scenes` and `bank` in the recipe say how often";
        refuse(self.weighted_sampler.is_some(), "weighted-sampler", equal)?;
        refuse(self.class_weights.is_some(), "class-weights", equal)?;
        let jitter = "`shift` and `jitter` in the recipe say what is done to composed images";
        refuse(self.transforms.is_some(), "transforms", jitter)?;
        let fresh = "composed images are validated on others that are composed for it";
        refuse(self.validation.is_some(), "validation", fresh)?;
        if what == What::Detector {
            refuse(self.smoothing.is_some(), "smoothing", "the detector has no classes")?;
            refuse(self.backbone.is_some(), "backbone", "the detector's is `detector.shape` in the recipe")?;
        }
        self.check_scheduler()?;
        let in_epochs = self.epochs.is_some()
            || self.patience.is_some_and(|it| it > 0)
            || self.checkpoint_interval.is_some_and(|it| it > 0)
            || self.scheduler.is_some_and(|it| ![SchedulerName::None, SchedulerName::Cosine].contains(&it));
        let step = "a training on composed images has epochs only with --epochs, --patience, --checkpoint-interval or \
                    --scheduler";
        refuse(self.epoch_steps.is_some() && !in_epochs, "epoch-steps", step)?;
        let trainings = [&recipe.detector.training, &recipe.identifier.training];
        let keeps_none =
            trainings.iter().all(|it| it.checkpoint_interval == 0) && self.checkpoint_interval.is_none();
        let keep = "no checkpoints are kept without --checkpoint-interval";
        refuse(self.keep.is_some() && keeps_none, "keep", keep)?;
        set(&mut recipe.seed, self.seed.as_ref());
        self.set_backbone(&mut recipe);
        set(&mut recipe.identifier.training.smoothing, self.smoothing.as_ref());
        for training in [&mut recipe.detector.training, &mut recipe.identifier.training] {
            self.set_training(training);
        }
        recipe.data = DataRecipe::Composed;
        recipe.check()?;
        Ok(recipe)
    }

    /// Each of a scheduler's numbers is one of those that it has.
    fn check_scheduler(&self) -> Result<()> {
        use SchedulerName::{Cosine, Plateau, Step};
        let has = |names: &[SchedulerName]| self.scheduler.is_none_or(|it| names.contains(&it));
        let of = "this scheduler has no such number";
        refuse(self.scheduler_epochs.is_some() && !has(&[Step, Plateau]), "scheduler-epochs", of)?;
        refuse(self.scheduler_factor.is_some() && !has(&[Step, Plateau]), "scheduler-factor", of)?;
        refuse(self.scheduler_floor.is_some() && !has(&[Cosine, Plateau]), "scheduler-floor", of)?;
        let kept = "no checkpoints are kept with --checkpoint-interval 0";
        refuse(self.keep.is_some() && self.checkpoint_interval == Some(0), "keep", kept)
    }

    fn set_training(&self, training: &mut Training) {
        set(&mut training.freeze, self.freeze.as_ref());
        set(&mut training.optimiser.kind, self.optimizer.as_ref());
        set(&mut training.optimiser.weight_decay, self.weight_decay.as_ref());
        set(&mut training.schedule.learning_rate, self.rate.as_ref());
        training.backbone_rate = self.backbone_rate.or(training.backbone_rate);
        set(&mut training.precision, self.precision.as_ref());
        set(&mut training.patience, self.patience.as_ref());
        set(&mut training.checkpoint_interval, self.checkpoint_interval.as_ref());
        set(&mut training.keep, self.keep.as_ref());
        set(&mut training.epoch_steps, self.epoch_steps.as_ref());
        set(&mut training.batch, self.batch.as_ref());
        match self.scheduler.map(|name| self.scheduler(name)) {
            // Step by step it is the schedule's own.
            Some(Scheduler::Cosine { floor }) => {
                (training.scheduler, training.schedule.floor) = (None, floor);
            }
            Some(scheduler) => training.scheduler = Some(scheduler),
            None => {}
        }
    }

    /// Whether nothing of the recipe is replaced; epochs only say how long a training lasts.
    pub(super) fn keeps_recipe(&self) -> bool {
        Self { epochs: None, ..self.clone() } == Self::default()
    }

    /// Steps of a training on composed images, where they are given in epochs.
    pub(super) fn steps(&self, training: &Training) -> Option<u64> {
        self.epochs.map(|epochs| epochs.saturating_mul(training.epoch_steps))
    }

    /// The recipe of a training on labelled captures.
    pub(super) fn labelled(&self, mut recipe: Recipe) -> Result<Recipe> {
        let epoch = "an epoch is over when every capture was seen once";
        refuse(self.epoch_steps.is_some(), "epoch-steps", epoch)?;
        self.check_scheduler()?;
        let mut labelled = recipe.data.labelled().cloned().unwrap_or_default();
        if !self.tasks.is_empty() {
            labelled.tasks.clone_from(&self.tasks);
        }
        if self.init.is_some() {
            labelled.init.clone_from(&self.init);
        }
        if let Some(name) = self.scheduler {
            labelled.scheduler = self.scheduler(name);
        }
        set(&mut labelled.freeze, self.freeze.as_ref());
        set(&mut labelled.optimiser, self.optimizer.as_ref());
        set(&mut labelled.learning_rate, self.rate.as_ref());
        set(&mut labelled.backbone_rate, self.backbone_rate.as_ref());
        set(&mut labelled.weight_decay, self.weight_decay.as_ref());
        set(&mut labelled.weighted_sampler, self.weighted_sampler.as_ref());
        set(&mut labelled.class_weights, self.class_weights.as_ref());
        set(&mut labelled.smoothing, self.smoothing.as_ref());
        set(&mut labelled.precision, self.precision.as_ref());
        set(&mut labelled.patience, self.patience.as_ref());
        set(&mut labelled.checkpoint_interval, self.checkpoint_interval.as_ref());
        set(&mut labelled.keep, self.keep.as_ref());
        set(&mut labelled.epochs, self.epochs.as_ref());
        set(&mut labelled.batch, self.batch.as_ref());
        set(&mut labelled.transforms, self.transforms.as_ref());
        set(&mut labelled.validation, self.validation.as_ref());
        set(&mut recipe.seed, self.seed.as_ref());
        self.set_backbone(&mut recipe);
        labelled.check()?;
        recipe.data = DataRecipe::Labelled(Box::new(labelled));
        Ok(recipe)
    }

    fn set_backbone(&self, recipe: &mut Recipe) {
        let backbone = &mut recipe.identifier.shape.backbone;
        match self.backbone {
            Some(BackboneName::Resnet18) => *backbone = Backbone::Resnet18,
            Some(BackboneName::Idlite) if *backbone == Backbone::Resnet18 => {
                *backbone = IdentifierShape::default().backbone;
            }
            _ => {}
        }
    }

    fn scheduler(&self, name: SchedulerName) -> Scheduler {
        let epochs = |usual| self.scheduler_epochs.unwrap_or(usual);
        let factor = |usual| self.scheduler_factor.unwrap_or(usual);
        let floor = |usual| self.scheduler_floor.unwrap_or(usual);
        match name {
            SchedulerName::None => Scheduler::None,
            SchedulerName::Step => Scheduler::Step { every: epochs(10), factor: factor(0.3) },
            SchedulerName::Plateau => {
                Scheduler::Plateau { wait: epochs(4), factor: factor(0.5), floor: floor(0.01) }
            }
            SchedulerName::Cosine => Scheduler::Cosine { floor: floor(0.02) },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[arg(long)]
        steps: Option<u64>,
        #[arg(long)]
        minutes: Option<f64>,
        #[command(flatten)]
        options: RecipeOptions,
    }

    fn options(line: &str) -> RecipeOptions {
        let line = Line::try_parse_from(["test"].into_iter().chain(line.split_whitespace())).unwrap();
        assert!(line.steps.is_none() && line.minutes.is_none());
        line.options
    }

    fn recipe() -> Recipe {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/recipes/practice.toml");
        Recipe::read(&path).unwrap()
    }

    #[test]
    fn both_trainings_take_the_same_options() {
        let line = "--freeze mid --optimizer adam --weight-decay 0.5 --rate 0.1 --backbone-rate 0.05 \
                    --precision float32 --patience 3 --checkpoint-interval 2 --keep 5 --batch 6 --seed 9 \
                    --smoothing 0.1 --scheduler plateau --scheduler-epochs 2 --backbone resnet18";
        let plateau = Scheduler::Plateau { wait: 2, factor: 0.5, floor: 0.01 };
        let composed = options(line).composed(recipe(), What::All).unwrap();
        let labelled = options(line).labelled(recipe()).unwrap();
        let plans = [composed.identifier.training.plan(), labelled.data.labelled().unwrap().plan(250)];
        for plan in plans {
            assert_eq!((plan.freeze, plan.optimiser.kind), (Freeze::Mid, OptimiserKind::Adam));
            assert_eq!((plan.schedule.learning_rate, plan.backbone_factor), (0.1, 0.5));
            assert_eq!((plan.optimiser.weight_decay, plan.scheduler), (0.5, Some(plateau)));
            let epochs = plan.epochs.unwrap();
            assert_eq!((epochs.patience, epochs.checkpoint_interval, epochs.keep), (3, 2, 5));
            assert_eq!(plan.precision, PrecisionChoice::Float32);
        }
        for recipe in [&composed, &labelled] {
            assert_eq!((recipe.seed, &recipe.identifier.shape.backbone), (9, &Backbone::Resnet18));
        }
        assert_eq!(composed.identifier.training.smoothing, 0.1);
        assert_eq!(composed.detector.training.batch, 6);
        assert_eq!(options("--epochs 4 --epoch-steps 50").steps(&composed.detector.training), Some(1000));
    }

    /// Each option with a value that is no default, and what it needs beside it.
    const VALUES: [(&str, &str, &str); 25] = [
        ("tasks", "seal", ""),
        ("backbone", "resnet18", ""),
        ("init", "somewhere", ""),
        ("freeze", "mid", ""),
        ("optimizer", "adam", ""),
        ("rate", "0.123", ""),
        ("backbone-rate", "0.0123", ""),
        ("weight-decay", "0.123", ""),
        ("scheduler", "step", ""),
        ("scheduler-epochs", "7", "--scheduler step"),
        ("scheduler-factor", "0.123", "--scheduler plateau"),
        ("scheduler-floor", "0.123", "--scheduler plateau"),
        ("weighted-sampler", "true", ""),
        ("class-weights", "true", ""),
        ("smoothing", "0.123", ""),
        ("precision", "bfloat16", ""),
        ("patience", "77", ""),
        ("checkpoint-interval", "77", ""),
        ("keep", "77", "--checkpoint-interval 2"),
        ("epochs", "77", ""),
        ("epoch-steps", "77", "--patience 5"),
        ("batch", "77", ""),
        ("seed", "77", ""),
        ("transforms", "heavy", ""),
        ("validation", "0.123", ""),
    ];

    /// What an option of a training on composed images changes beside the recipe.
    fn beside(options: &RecipeOptions, recipe: &Recipe) -> (Option<PathBuf>, Option<u64>) {
        (options.init.clone(), options.steps(&recipe.identifier.training))
    }

    #[test]
    fn every_option_changes_what_is_trained_or_is_refused() {
        use clap::CommandFactory;
        let mut unknown = Vec::new();
        for argument in Line::command().get_arguments() {
            let name = argument.get_long().unwrap_or_default();
            if ["steps", "minutes", "help"].contains(&name) {
                continue;
            }
            let Some((_, value, needed)) = VALUES.iter().find(|(it, _, _)| *it == name) else {
                unknown.push(name.to_owned());
                continue;
            };
            let (base, with) = (options(needed), options(&format!("{needed} --{name} {value}")));
            let composed =
                |it: &RecipeOptions| it.composed(recipe(), What::All).map(|new| (beside(it, &new), new));
            let mut changes = 0;
            for (before, after) in [
                (composed(&base), composed(&with)),
                (
                    base.labelled(recipe()).map(|it| ((None, None), it)),
                    with.labelled(recipe()).map(|it| ((None, None), it)),
                ),
            ] {
                match (before, after) {
                    (Ok(before), Ok(after)) => {
                        assert_ne!(before, after, "--{name} changes nothing");
                        changes += 1;
                    }
                    (_, Err(error)) => {
                        assert!(error.to_string().contains("makes no sense"), "--{name}: {error}");
                    }
                    (Err(_), Ok(_)) => panic!("--{name} mends {needed}"),
                }
            }
            assert!(changes > 0, "--{name} is refused everywhere");
        }
        assert!(unknown.is_empty(), "no value is known for {unknown:?}");
    }

    #[test]
    fn without_options_the_recipe_stays_as_it_is() {
        assert_eq!(options("").composed(recipe(), What::All).unwrap(), recipe());
        assert_eq!(recipe().identifier.training.plan().epochs, None);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        let composed = |line: &str, what, wanted: &str| {
            let error = options(line).composed(recipe(), what).unwrap_err().to_string();
            assert!(error.contains(wanted), "{line:?} gives {error:?}");
        };
        composed(
            "--tasks seal",
            What::Identifier,
            "--tasks makes no sense here: composed images have no labels",
        );
        composed("--weighted-sampler", What::Identifier, "show all cards alike");
        composed("--class-weights", What::Identifier, "show all cards alike");
        composed("--transforms heavy", What::Identifier, "jitter");
        composed("--validation 0.1", What::Identifier, "composed for it");
        composed("--smoothing 0.1", What::Detector, "no classes");
        composed("--backbone resnet18", What::Detector, "detector.shape");
        composed("--rate=-1", What::All, "`rate` and `clip` must be positive");
        let error = options("--epoch-steps 5").labelled(recipe()).unwrap_err().to_string();
        assert!(error.contains("every capture was seen once"), "{error}");
    }
}
