//! What the constant parts of a tree amount to, and which calls it meets on the way.
//!
//! Walks statements in order, once. Names hold what was assigned; both branches of a condition that
//! is not known are walked; loops over lists that are known are gone through; bodies of functions
//! are walked where they stand, with arguments that are not known. No function of a mod is called.
//! Whoever listens (`Listener`) hears of calls on classes and of tables; a budget of steps ends
//! what would take for ever.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use full_moon::ast::{
    Assignment, Ast, BinOp, Block, Call, Expression, Field, FunctionArgs, FunctionBody, Index, LastStmt,
    Parameter, Prefix, Stmt, Suffix, TableConstructor, UnOp, Var,
};
use full_moon::tokenizer::{Symbol, TokenReference, TokenType};

use super::{Class, Counted, Table, Value, functions};

/// Steps for all files of a mod: real ones take a million. Texts and tables cost by their size.
const BUDGET: u32 = 8_000_000;
/// A loop goes round at most so often.
const ROUNDS: usize = 4_096;
/// The longest text that is joined.
const MAX_LENGTH: usize = 1 << 16;

/// Hears what a walk meets.
pub(crate) trait Listener {
    /// `class { ... }`, `class:extend { ... }`, `class:take_ownership(...)`, `class:new(...)`.
    fn called(&mut self, class: &Class, method: Option<&str>, arguments: &[Value]) -> Value;
    /// A class that is not known was called, or a known one with what is not known.
    fn missed(&mut self);
    /// A table was written.
    fn written(&mut self, table: &Rc<RefCell<Table>>);
}

/// Listens to nothing: for files of data.
pub(crate) struct Deaf;

impl Listener for Deaf {
    fn called(&mut self, _: &Class, _: Option<&str>, _: &[Value]) -> Value {
        Value::Unknown
    }
    fn missed(&mut self) {}
    fn written(&mut self, _: &Rc<RefCell<Table>>) {}
}

/// What the files of one mod share: global names, and how many steps are left.
pub(crate) struct Globals {
    names: HashMap<Rc<str>, Value>,
    left: u32,
}

impl Default for Globals {
    fn default() -> Self {
        Self { names: HashMap::new(), left: BUDGET }
    }
}

impl Globals {
    /// Whether files were too much to be walked to their ends.
    pub(crate) fn is_spent(&self) -> bool {
        self.left == 0
    }

    fn spend(&mut self, steps: usize) {
        self.left = self.left.saturating_sub(u32::try_from(steps).unwrap_or(u32::MAX));
    }
}

/// Walks files of one mod.
pub(crate) struct Walk<'a, L> {
    pub(crate) listener: &'a mut L,
    globals: &'a mut Globals,
    scopes: Vec<HashMap<Rc<str>, Value>>,
    /// How many functions are around: what they assign outside of them is not known.
    functions: usize,
}

impl<'a, L: Listener> Walk<'a, L> {
    pub(crate) fn new(listener: &'a mut L, globals: &'a mut Globals) -> Self {
        Walk { listener, globals, scopes: vec![HashMap::new()], functions: 0 }
    }

    /// Walks a file and says what it returns.
    pub(crate) fn file(&mut self, tree: &Ast) -> Value {
        self.block(tree.nodes()).unwrap_or(Value::Nil)
    }

    /// What the block returns, where it does for sure.
    fn block(&mut self, block: &Block) -> Option<Value> {
        for statement in block.stmts() {
            if self.globals.is_spent() {
                return None;
            }
            self.globals.spend(1);
            if let Some(returned) = self.statement(statement) {
                return Some(returned);
            }
        }
        match block.last_stmt() {
            Some(LastStmt::Return(returned)) => {
                let mut values = returned.returns().iter().map(|it| self.value(it)).collect::<Vec<_>>();
                (self.functions == 0)
                    .then(|| if values.is_empty() { Value::Nil } else { values.swap_remove(0) })
            }
            _ => None,
        }
    }

    fn inner(&mut self, block: &Block) -> Option<Value> {
        self.scopes.push(HashMap::new());
        let returned = self.block(block);
        self.scopes.pop();
        returned
    }

    fn statement(&mut self, statement: &Stmt) -> Option<Value> {
        match statement {
            Stmt::LocalAssignment(local) => {
                let values: Vec<Value> = local.expressions().iter().map(|it| self.value(it)).collect();
                for (index, name) in local.names().iter().enumerate() {
                    let value = values.get(index).cloned();
                    self.declare(word(name), value.unwrap_or_else(|| unsaid(&values)));
                }
            }
            Stmt::Assignment(assignment) => self.assign(assignment),
            Stmt::FunctionCall(call) => {
                self.call_chain(call.prefix(), call.suffixes());
            }
            Stmt::Do(block) => return self.inner(block.block()),
            Stmt::If(choice) => {
                let mut branches = vec![(choice.condition(), choice.block())];
                for other in choice.else_if().into_iter().flatten() {
                    branches.push((other.condition(), other.block()));
                }
                for (condition, block) in branches {
                    match self.value(condition).truth() {
                        Some(true) => return self.inner(block),
                        Some(false) => {}
                        // What it returns is not sure.
                        None => drop(self.inner(block)),
                    }
                }
                if let Some(block) = choice.else_block() {
                    self.inner(block);
                }
            }
            Stmt::GenericFor(each) => {
                let over = each.expressions().iter().map(|it| self.value(it)).next();
                let names: Vec<Rc<str>> = each.names().iter().map(word).collect();
                self.each(&names, over, each.block());
            }
            Stmt::NumericFor(count) => {
                let from = self.value(count.start()).number();
                let to = self.value(count.end()).number();
                let step = count.step().map_or(Some(1.0), |it| self.value(it).number());
                let name = word(count.index_variable());
                match (from, to, step) {
                    (Some(from), Some(to), Some(step)) if step != 0.0 => {
                        let mut at = from;
                        for _ in 0..ROUNDS {
                            if self.globals.is_spent() || (step > 0.0 && at > to) || (step < 0.0 && at < to) {
                                break;
                            }
                            self.round(&[(Rc::clone(&name), Value::Number(at))], count.block());
                            at += step;
                        }
                    }
                    _ => self.round(&[(name, Value::Unknown)], count.block()),
                }
            }
            Stmt::While(turn) => {
                self.value(turn.condition());
                self.inner(turn.block());
            }
            Stmt::Repeat(turn) => drop(self.inner(turn.block())),
            Stmt::FunctionDeclaration(function) => {
                self.function(function.body());
                // A function of a class or a table is of no interest; a global name is taken by it.
                if let Some(name) = function.name().names().iter().next()
                    && function.name().names().len() == 1
                    && function.name().method_name().is_none()
                {
                    self.put(&word(name), Value::Unknown);
                }
            }
            Stmt::LocalFunction(function) => {
                self.declare(word(function.name()), Value::Unknown);
                self.function(function.body());
            }
            _ => {}
        }
        None
    }

    fn each(&mut self, names: &[Rc<str>], over: Option<Value>, block: &Block) {
        let Some(Value::Each(table, counted)) = over else {
            let unknown: Vec<_> = names.iter().map(|name| (Rc::clone(name), Value::Unknown)).collect();
            return self.round(&unknown, block);
        };
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        {
            let table = table.borrow();
            let numbers =
                (1..).zip(&table.list).map(|(at, value)| (Value::Number(f64::from(at)), value.clone()));
            pairs.extend(numbers);
            if counted == Counted::ByKey {
                let named =
                    table.fields().iter().map(|(name, value)| (Value::Text(Rc::clone(name)), value.clone()));
                pairs.extend(named);
            }
            self.globals.spend(pairs.len());
        }
        for (key, value) in pairs.into_iter().take(ROUNDS) {
            if self.globals.is_spent() {
                return;
            }
            let given: Vec<_> = names.iter().cloned().zip([key, value]).collect();
            self.round(&given, block);
        }
    }

    fn round(&mut self, names: &[(Rc<str>, Value)], block: &Block) {
        self.scopes.push(names.iter().cloned().collect());
        self.block(block);
        self.scopes.pop();
    }

    /// Walks a body for what it declares, with arguments that are not known.
    fn function(&mut self, body: &FunctionBody) {
        if self.globals.is_spent() {
            return;
        }
        let unknown = |parameter: &Parameter| match parameter {
            Parameter::Name(name) => Some((word(name), Value::Unknown)),
            _ => None,
        };
        let mut scope: HashMap<_, _> = body.parameters().iter().filter_map(unknown).collect();
        scope.insert("self".into(), Value::Unknown);
        self.scopes.push(scope);
        self.functions += 1;
        self.block(body.block());
        self.functions -= 1;
        self.scopes.pop();
    }

    fn declare(&mut self, name: Rc<str>, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, value);
        }
    }

    fn put(&mut self, name: &Rc<str>, value: Value) {
        let scope = self.scopes.iter_mut().rev().find(|scope| scope.contains_key(name));
        scope.unwrap_or(&mut self.globals.names).insert(Rc::clone(name), value);
    }

    fn get(&self, name: &str) -> Value {
        let known = self
            .scopes
            .iter()
            .rev()
            .find_map(|scope| scope.get(name))
            .or_else(|| self.globals.names.get(name));
        known.cloned().unwrap_or_else(|| functions::global(name))
    }

    fn assign(&mut self, assignment: &Assignment) {
        let values: Vec<Value> = assignment.expressions().iter().map(|it| self.value(it)).collect();
        for (index, target) in assignment.variables().iter().enumerate() {
            let value = values.get(index).cloned().unwrap_or_else(|| unsaid(&values));
            match target {
                Var::Name(name) => self.put(&word(name), value),
                Var::Expression(place) => {
                    let suffixes: Vec<&Suffix> = place.suffixes().collect();
                    let Some((Suffix::Index(last), before)) = suffixes.split_last() else { continue };
                    let holder = self.chain(place.prefix(), before.iter().copied());
                    let key = self.key(last);
                    if let (Value::Table(table), Some(key)) = (holder, key) {
                        // A field is looked for among the others.
                        self.globals.spend(table.borrow().fields().len() / 16);
                        table.borrow_mut().put(key, value);
                    }
                }
                _ => {}
            }
        }
    }

    fn key(&mut self, index: &Index) -> Option<Value> {
        match index {
            Index::Dot { name, .. } => Some(Value::Text(word(name))),
            Index::Brackets { expression, .. } => Some(self.value(expression)),
            _ => None,
        }
    }

    fn value(&mut self, expression: &Expression) -> Value {
        if self.globals.is_spent() {
            return Value::Unknown;
        }
        self.globals.spend(1);
        match expression {
            Expression::Parentheses { expression, .. } => self.value(expression),
            Expression::String(token) => text_of(token).map_or(Value::Unknown, |it| Value::Text(it.into())),
            Expression::Number(token) => number_of(token).map_or(Value::Unknown, Value::Number),
            Expression::Symbol(token) => match token.token_type() {
                TokenType::Symbol { symbol: Symbol::True } => Value::Bool(true),
                TokenType::Symbol { symbol: Symbol::False } => Value::Bool(false),
                TokenType::Symbol { symbol: Symbol::Nil } => Value::Nil,
                _ => Value::Unknown,
            },
            Expression::TableConstructor(table) => self.table(table),
            Expression::Function(function) => {
                self.function(function.body());
                Value::Unknown
            }
            Expression::FunctionCall(call) => self.call_chain(call.prefix(), call.suffixes()),
            Expression::Var(Var::Name(name)) => self.get(&word(name)),
            Expression::Var(Var::Expression(place)) => self.chain(place.prefix(), place.suffixes()),
            Expression::UnaryOperator { unop, expression } => {
                let value = self.value(expression);
                match (unop, &value) {
                    (UnOp::Minus(_), _) => value.number().map_or(Value::Unknown, |it| Value::Number(-it)),
                    (UnOp::Not(_), _) => value.truth().map_or(Value::Unknown, |it| Value::Bool(!it)),
                    (UnOp::Hash(_), Value::Table(table)) => Value::Number(table.borrow().list.len() as f64),
                    (UnOp::Hash(_), Value::Text(text)) => Value::Number(text.len() as f64),
                    _ => Value::Unknown,
                }
            }
            Expression::BinaryOperator { lhs, binop, rhs } => self.binary(lhs, binop, rhs),
            _ => Value::Unknown,
        }
    }

    fn binary(&mut self, left: &Expression, operator: &BinOp, right: &Expression) -> Value {
        let first = self.value(left);
        match operator {
            BinOp::And(_) => {
                return match first.truth() {
                    Some(false) => first,
                    Some(true) => self.value(right),
                    None => {
                        self.value(right);
                        Value::Unknown
                    }
                };
            }
            BinOp::Or(_) => {
                return match first.truth() {
                    Some(true) => first,
                    Some(false) => self.value(right),
                    // `known_later or {}`: the second is as good a guess as any.
                    None => self.value(right),
                };
            }
            _ => {}
        }
        let second = self.value(right);
        let numbers = first.number().zip(second.number());
        let compared = |holds: fn(f64, f64) -> bool| match (&first, &second) {
            (Value::Number(a), Value::Number(b)) => Value::Bool(holds(*a, *b)),
            _ => Value::Unknown,
        };
        let computed =
            |with: fn(f64, f64) -> f64| numbers.map_or(Value::Unknown, |(a, b)| Value::Number(with(a, b)));
        match operator {
            BinOp::TwoDots(_) => match (functions::joinable(&first), functions::joinable(&second)) {
                (Some(a), Some(b)) if a.len() + b.len() <= MAX_LENGTH => {
                    self.globals.spend((a.len() + b.len()) / 16);
                    Value::Text((a + &b).into())
                }
                _ => Value::Unknown,
            },
            BinOp::Plus(_) => computed(|a, b| a + b),
            BinOp::Minus(_) => computed(|a, b| a - b),
            BinOp::Star(_) => computed(|a, b| a * b),
            BinOp::Slash(_) => computed(|a, b| a / b),
            BinOp::Percent(_) => computed(|a, b| a - (a / b).floor() * b),
            BinOp::LessThan(_) => compared(|a, b| a < b),
            BinOp::LessThanEqual(_) => compared(|a, b| a <= b),
            BinOp::GreaterThan(_) => compared(|a, b| a > b),
            BinOp::GreaterThanEqual(_) => compared(|a, b| a >= b),
            BinOp::TwoEqual(_) => functions::equal(&first, &second).map_or(Value::Unknown, Value::Bool),
            BinOp::TildeEqual(_) => {
                functions::equal(&first, &second).map_or(Value::Unknown, |it| Value::Bool(!it))
            }
            _ => Value::Unknown,
        }
    }

    fn table(&mut self, constructor: &TableConstructor) -> Value {
        let table = Rc::new(RefCell::new(Table::default()));
        for field in constructor.fields() {
            match field {
                Field::NameKey { key, value, .. } => {
                    let value = self.field(value);
                    table.borrow_mut().put(Value::Text(word(key)), value);
                }
                Field::ExpressionKey { key, value, .. } => {
                    let key = self.value(key);
                    let value = self.field(value);
                    table.borrow_mut().put(key, value);
                }
                Field::NoKey(value) => {
                    let value = self.value(value);
                    table.borrow_mut().list.push(value);
                }
                _ => {}
            }
        }
        self.listener.written(&table);
        Value::Table(table)
    }

    /// A field's value. What a card does in the game is not walked: it declares nothing.
    fn field(&mut self, value: &Expression) -> Value {
        if matches!(value, Expression::Function(_)) { Value::Unknown } else { self.value(value) }
    }

    fn call_chain<'t>(&mut self, prefix: &Prefix, suffixes: impl Iterator<Item = &'t Suffix>) -> Value {
        self.chain(prefix, suffixes)
    }

    fn chain<'t>(&mut self, prefix: &Prefix, suffixes: impl Iterator<Item = &'t Suffix>) -> Value {
        let mut name = None;
        let mut value = match prefix {
            Prefix::Name(token) => {
                name = Some(word(token).to_string());
                self.get(&word(token))
            }
            Prefix::Expression(expression) => self.value(expression),
            _ => Value::Unknown,
        };
        for suffix in suffixes {
            value = match suffix {
                Suffix::Index(index) => {
                    let key = self.key(index);
                    name = match (name, &key) {
                        (Some(name), Some(Value::Text(key))) => Some(format!("{name}.{key}")),
                        _ => None,
                    };
                    functions::index(&value, key.as_ref())
                }
                Suffix::Call(Call::AnonymousCall(arguments)) => {
                    let arguments = self.arguments(arguments);
                    let called = name.take();
                    self.called(&value, called.as_deref(), None, &arguments)
                }
                Suffix::Call(Call::MethodCall(call)) => {
                    let arguments = self.arguments(call.args());
                    name = None;
                    self.called(&value, None, Some(&word(call.name())), &arguments)
                }
                _ => Value::Unknown,
            };
        }
        value
    }

    fn arguments(&mut self, arguments: &FunctionArgs) -> Vec<Value> {
        match arguments {
            FunctionArgs::Parentheses { arguments, .. } => {
                arguments.iter().map(|it| self.value(it)).collect()
            }
            FunctionArgs::String(token) => {
                vec![text_of(token).map_or(Value::Unknown, |it| Value::Text(it.into()))]
            }
            FunctionArgs::TableConstructor(table) => vec![self.table(table)],
            _ => Vec::new(),
        }
    }

    fn called(
        &mut self,
        value: &Value,
        name: Option<&str>,
        method: Option<&str>,
        arguments: &[Value],
    ) -> Value {
        match value {
            Value::Class(class) => {
                self.globals.spend(class.defaults.len());
                self.listener.called(class, method, arguments)
            }
            Value::SomeClass => {
                self.listener.missed();
                Value::Unknown
            }
            _ => {
                let made = functions::called(value, name, method, arguments);
                self.globals.spend(match &made {
                    Value::Text(text) => text.len() / 16,
                    Value::Table(table) => table.borrow().list.len() + table.borrow().fields().len(),
                    _ => 0,
                });
                made
            }
        }
    }
}

impl Table {
    /// Puts a value under a key: a text, or the next number.
    fn put(&mut self, key: Value, value: Value) {
        match key {
            Value::Text(name) => self.set(name, value),
            Value::Number(number) if number == (self.list.len() + 1) as f64 => self.list.push(value),
            Value::Number(number) => {
                let index = number as usize;
                if let Some(place) = index.checked_sub(1).and_then(|it| self.list.get_mut(it)) {
                    *place = value;
                }
            }
            _ => {}
        }
    }
}

/// What a name gets for which there is no value: the rest of a call's results, or nothing.
fn unsaid(values: &[Value]) -> Value {
    if matches!(values.last(), Some(Value::Unknown)) { Value::Unknown } else { Value::Nil }
}

fn word(token: &TokenReference) -> Rc<str> {
    match token.token_type() {
        TokenType::Identifier { identifier } => identifier.as_str().into(),
        _ => "".into(),
    }
}

fn number_of(token: &TokenReference) -> Option<f64> {
    let TokenType::Number { text } = token.token_type() else { return None };
    let text = text.as_str().to_lowercase();
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(f64::from),
        None => text.parse().ok(),
    }
}

/// The text that a literal stands for.
fn text_of(token: &TokenReference) -> Option<String> {
    let TokenType::StringLiteral { literal, quote_type, .. } = token.token_type() else { return None };
    let literal = literal.as_str();
    if *quote_type == full_moon::tokenizer::StringLiteralQuoteType::Brackets {
        return Some(literal.strip_prefix('\n').unwrap_or(literal).to_owned());
    }
    Some(functions::unescaped(literal))
}
