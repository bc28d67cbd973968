//! What the identifier learns from labelled captures.

use std::sync::Arc;

use lens_core::manifest::Head;
use tch::Tensor;

use super::pictures::{Batch, Costs, Order, Pictures, batches, input};
use super::validate::validate;
use crate::checkpoint::Network;
use crate::model::network::torch::Module;
use crate::model::network::{Graph, Value};
use crate::recipe::Recipe;
use crate::recipe::labelled::LabelledRecipe;
use crate::train::epoch::Validation;
use crate::train::loss::Loss;
use crate::train::{Task, TaskSpec, freeze};

/// An identifier, the captures that it is trained on, and those that it is judged by.
#[derive(Debug)]
pub struct LabelledTask {
    graph: Graph,
    heads: Vec<Head>,
    recipe: Recipe,
    labelled: LabelledRecipe,
    pictures: Arc<Pictures>,
    order: Order,
    costs: Costs,
    judged: Vec<usize>,
    frozen_batch_norm: bool,
}

/// Which captures are used for what: indices of samples.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    /// Trained on.
    pub train: Vec<usize>,
    /// Judged by.
    pub judged: Vec<usize>,
}

impl LabelledTask {
    /// The identifier `graph` with these heads, trained as the recipe says.
    pub fn new(
        recipe: &Recipe,
        graph: Graph,
        heads: Vec<Head>,
        pictures: Arc<Pictures>,
        sides: Sides,
    ) -> Self {
        let labelled = recipe.data.labelled().cloned().unwrap_or_default();
        let order = Order::new(&labelled, &pictures, sides.train.clone(), recipe.seed);
        let costs = Costs::new(&labelled, &pictures, &heads, &sides.train);
        let (recipe, judged) = (recipe.clone(), sides.judged);
        Self { graph, heads, recipe, labelled, pictures, order, costs, judged, frozen_batch_norm: false }
    }

    /// The same with batch normalisation that keeps its statistics, for an exported network.
    pub fn with_frozen_batch_norm(self, frozen_batch_norm: bool) -> Self {
        Self { frozen_batch_norm, ..self }
    }

    /// The network.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Its heads.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// What is trained.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// How it is trained.
    pub fn labelled(&self) -> &LabelledRecipe {
        &self.labelled
    }

    fn size(&self) -> [u32; 2] {
        self.recipe.identifier.shape.input.map(|side| side as u32)
    }
}

impl Task for LabelledTask {
    type Batch = Batch;

    fn spec(&self) -> TaskSpec {
        let plan = self.labelled.plan(self.order.steps());
        TaskSpec {
            network: Network::Identifier,
            graph: self.graph.clone(),
            heads: self.heads.clone(),
            plan,
            learning_rates: freeze::identifier(&self.graph, &self.recipe.identifier.shape, &plan),
            frozen_batch_norm: self.frozen_batch_norm,
        }
    }

    fn wanted(&self) -> Vec<Value> {
        let value = |head: &Head| self.graph.value(&head.name).expect("every head is a node");
        self.heads.iter().map(value).collect()
    }

    fn batches(&self) -> impl Fn(u64) -> Batch + Send + Sync + 'static {
        batches(Arc::clone(&self.pictures), self.order.clone(), self.labelled.transforms)
    }

    fn input(&self, batch: &Batch) -> Tensor {
        input(&batch.pixels, self.size())
    }

    fn loss(&self, outputs: &[Tensor], batch: &Batch) -> Loss {
        self.pictures.loss(outputs, &batch.samples, &self.heads, &self.costs)
    }

    fn validate(&self, module: &Module) -> Validation {
        let wanted = self.wanted();
        validate(module, &wanted, &self.pictures, &self.judged, &self.heads, &self.costs, self.size())
    }
}
