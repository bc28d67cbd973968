-- Stand-ins for the game and its mod loader, so that a mod's own code declares its cards with nothing else there.
--
-- In: `host`, a table of the functions that the interpreter gives (text of the mod's files, compiling, JSON) and facts of
-- the mod. Out: a function that says what was declared. What is not here answers nil, and nil answers harmlessly: it may
-- be indexed, called, added to. Nothing here reaches further than `host` does.
local host = ...
local mod_facts, language = host.mod, host.language

local problems = {}
local function problem(text)
    if #problems < 200 then problems[#problems + 1] = tostring(text) end
end

-- Values that are not there ------------------------------------------------------------------------------------------

local function nothing() return nil end
local function zero() return 0 end
local function is_less() return false end
local harmless = {
    __index = nothing,
    __newindex = nothing,
    __call = nothing,
    __add = zero, __sub = zero, __mul = zero, __div = zero, __mod = zero, __pow = zero, __unm = zero, __len = zero,
    __lt = is_less, __le = is_less,
    __concat = function(a, b)
        local function text(value)
            local kind = type(value)
            return (kind == 'string' or kind == 'number') and value or ''
        end
        return text(a) .. text(b)
    end,
}
host.make_harmless(harmless)

-- A table whose fields are such tables until they are set: what the game would have filled.
local function open(fields)
    local made = {}
    local meta = {}
    for name, value in pairs(harmless) do meta[name] = value end
    meta.__newindex = nil
    meta.__index = function(_, key)
        if type(key) == 'number' then return nil end
        if made[key] == nil then made[key] = open() end
        return made[key]
    end
    meta.__call = function() return open() end
    return setmetatable(fields or {}, meta)
end

local plain_next, plain_type = next, type
function pairs(list)
    if plain_type(list) ~= 'table' then return plain_next, {}, nil end
    local meta = getmetatable(list)
    if plain_type(meta) == 'table' and plain_type(meta.__pairs) == 'function' then return meta.__pairs(list) end
    return plain_next, list, nil
end
local plain_ipairs = ipairs
function ipairs(list) return plain_ipairs(plain_type(list) == 'table' and list or {}) end
function next(list, key)
    if plain_type(list) ~= 'table' then return nil end
    return plain_next(list, key)
end
local table_insert, table_sort, table_concat = table.insert, table.sort, table.concat
function table.insert(list, ...)
    if plain_type(list) == 'table' then table_insert(list, ...) end
end
function table.sort(list, ...)
    if plain_type(list) == 'table' then pcall(table_sort, list, ...) end
end
function table.concat(list, ...)
    return plain_type(list) == 'table' and table_concat(list, ...) or ''
end
table.unpack = unpack

-- Files of the mod ---------------------------------------------------------------------------------------------------

local files = {}

-- A path as the mod writes it, from where the game would see it, to one inside of the mod's folder.
local function inside(path)
    if type(path) ~= 'string' then return nil end
    path = path:gsub('\\', '/'):gsub('/+', '/'):gsub('^%./', ''):gsub('^/', '')
    local root = 'mods/' .. host.package:lower()
    local lower = path:lower()
    if lower == root or lower == root .. '/' then return '' end
    if lower:sub(1, #root + 1) == root .. '/' then return path:sub(#root + 2) end
    return nil
end

function files.read(first, second)
    -- `read('data', path)` is the other form.
    local path = inside(first) and first or second or first
    local text = inside(path) and host.text(inside(path))
    return text, text and #text or nil
end
function files.getInfo(path)
    local place = inside(path)
    if path == 'Mods' or place == '' then return { type = 'directory' } end
    local kind, size = host.kind(place or '')
    return kind and { type = kind, size = size, modtime = 0 } or nil
end
function files.getDirectoryItems(path)
    if type(path) == 'string' and path:gsub('/', '') == 'Mods' then return { host.package } end
    local place = inside(path)
    return place and host.items(place) or {}
end
function files.getDirectoryItemsInfo(path)
    local list = {}
    for _, name in ipairs(files.getDirectoryItems(path)) do
        local info = files.getInfo((path:gsub('/$', '')) .. '/' .. name)
        list[#list + 1] = { name = name, type = info and info.type, size = info and info.size }
    end
    return list
end
function files.lines(path)
    local text = files.read(path) or ''
    return text:gmatch('([^\n]*)\n?')
end
function files.isFile(path)
    local info = files.getInfo(path)
    return info ~= nil and info.type == 'file'
end
function files.isDirectory(path)
    local info = files.getInfo(path)
    return info ~= nil and info.type == 'directory'
end
files.exists = function(path) return files.getInfo(path) ~= nil end
-- Nothing is written, whatever it is called.
for _, name in ipairs { 'write', 'append', 'remove', 'createDirectory', 'mount', 'unmount', 'newFile' } do
    files[name] = function() return false end
end
files.getSaveDirectory = function() return '' end
files.getWorkingDirectory = function() return '' end
files.getSourceBaseDirectory = function() return '' end

-- The file that is being read, for whoever wants to know where a card comes from.
local reading = ''
local loaded = 0

-- A chunk of a file that costs only itself when it breaks.
local function chunk(path)
    local place = inside(path)
    local text = place and host.text(place)
    if not text then return nil, tostring(path) .. ' is not there' end
    local compiled, why = host.compile(text, place)
    if not compiled then return nil, place .. ': ' .. tostring(why) end
    return function(...)
        loaded = loaded + 1
        if loaded > 20000 then error('too many files are loaded', 0) end
        local before = reading
        reading = place
        local results = { pcall(compiled, ...) }
        reading = before
        if not results[1] then
            problem(place .. ': ' .. tostring(results[2]))
            return nil
        end
        return unpack(results, 2, table.maxn(results))
    end
end
files.load = chunk

function load(text, name, _, environment)
    if type(text) == 'function' then
        local parts = {}
        for _ = 1, 10000 do
            local part = text()
            if type(part) ~= 'string' or part == '' then break end
            parts[#parts + 1] = part
        end
        text = table_concat(parts)
    end
    -- A file of the game, which is not here: whatever it would have returned is open.
    if type(text) ~= 'string' then return function() return open() end end
    return host.compile(text, type(name) == 'string' and name or 'text', environment)
end
loadstring = load

-- The interpreter's own ways out, as a mod may look for them ----------------------------------------------------------

os = {
    time = function() return 1700000000 end,
    clock = function() return 0 end,
    date = function(form)
        local day = { year = 2023, month = 11, day = 14, hour = 22, min = 13, sec = 20, wday = 3, yday = 318, isdst = false }
        return type(form) == 'string' and form:find('*t', 1, true) and day or '14'
    end,
}
debug = { traceback = function(text) return text end, getinfo = function() return {} end }
collectgarbage = function() return 0 end
function print() end

JSON = { decode = host.from_json, encode = function() return '' end }
NFS = files
nativefs = files

local modules = {
    json = JSON, nativefs = files, ['SMODS.nativefs'] = files, bit = bit, lovely = open { version = '1.0.0', mod_dir = 'Mods' },
}
package = { loaded = modules, path = '', cpath = '', preload = {} }
function require(name)
    if modules[name] ~= nil then return modules[name] end
    if type(name) ~= 'string' then return nil end
    local place = host.mod.path .. name:gsub('%.', '/')
    for _, path in ipairs { place .. '.lua', place .. '/init.lua', host.mod.path .. name } do
        local compiled = chunk(path)
        if compiled then
            modules[name] = compiled(name) or true
            return modules[name]
        end
    end
    modules[name] = open()
    return modules[name]
end

-- The game -----------------------------------------------------------------------------------------------------------

G = open {
    SETTINGS = open { language = language, real_language = language, GRAPHICS = open { texture_scaling = 2 } },
    localization = open { descriptions = open(), misc = open() },
    P_CENTERS = open(), P_CENTER_POOLS = open(), P_JOKER_RARITY_POOLS = open(),
    FUNCS = open(), GAME = open(), C = open(), UIT = open(), ASSET_ATLAS = open(), ANIMATION_ATLAS = open(),
    VERSION = '1.0.1o-FULL', TILESIZE = 20, TILESCALE = 3.65, CARD_W = 2.05, CARD_H = 2.75, F_NO_ACHIEVEMENTS = false,
    E_MANAGER = { add_event = nothing },
}
love = open {
    filesystem = files,
    timer = { getTime = zero, sleep = nothing, getDelta = zero, getFPS = zero },
    math = { random = math.random, setRandomSeed = nothing },
    system = open { getOS = function() return 'Windows' end, getClipboardText = function() return '' end },
}
G.localization.language = language

Object = {}
Object.__index = Object
function Object:extend()
    local class = {}
    for name, value in plain_next, self do
        if type(name) == 'string' and name:sub(1, 2) == '__' then class[name] = value end
    end
    class.__index = class
    class.super = self
    return setmetatable(class, self)
end
function Object:init() end
function Object:is(class)
    local meta = getmetatable(self)
    while meta do
        if meta == class then return true end
        meta = getmetatable(meta)
    end
    return false
end
function Object:__call(...)
    local object = setmetatable({}, self)
    object:init(...)
    return object
end
for _, name in ipairs {
    'Node', 'Moveable', 'Sprite', 'AnimatedSprite', 'Card', 'CardArea', 'Blind', 'Back', 'Tag', 'Game', 'UIBox', 'UIElement',
    'DynaText', 'Event', 'EventManager', 'Controller', 'Particles', 'Card_Character',
} do
    _G[name] = Object:extend()
end

function copy_table(original)
    if type(original) ~= 'table' then return original end
    local copy = {}
    for name, value in plain_next, original do copy[copy_table(name)] = copy_table(value) end
    return setmetatable(copy, getmetatable(original))
end
function HEX() return { 1, 1, 1, 1 } end
function localize(what) return type(what) == 'string' and what or '' end
function find_joker() return {} end
function pseudoseed() return 0 end
function pseudorandom() return 0 end
function pseudorandom_element(list) return (plain_next(list or {})) end
EMPTY = function() return {} end
for _, name in ipairs { 'mix_colours', 'darken', 'lighten', 'adjust_alpha', 'set_alpha' } do _G[name] = HEX end

-- The mod loader ------------------------------------------------------------------------------------------------------

local mod = {
    id = mod_facts.id, name = mod_facts.name, display_name = mod_facts.name, prefix = mod_facts.prefix,
    path = mod_facts.path, version = mod_facts.version, can_load = true, main_file = mod_facts.main_file, priority = 0,
    author = {}, dependencies = {}, optional_dependencies = {}, conflicts = {}, config = {},
}
if not mod.prefix then mod.prefix_config = { key = { mod = false }, atlas = false } end

local present = {}
for _, id in ipairs(host.present) do
    present[id] = { id = id, name = id, can_load = true, version = '99.0.0', config = open(), path = 'Mods/' .. id .. '/' }
end
present[mod.id] = mod

SMODS = {
    version = '1.0.0~BETA-9999a', id = 'Steamodded', path = 'Mods/Steamodded/', MODS_DIR = 'Mods', can_load = true,
    current_mod = mod, Mods = present, mod_list = { mod }, NFS = files, config = open(), INIT = {}, NEW = {},
    Sprites = {}, optional_features = open(),
}

function SMODS.find_mod(id)
    return present[id] and { present[id] } or {}
end
function SMODS.findModByID(id) return present[id] end
function SMODS.load_file(path, id)
    if id and id ~= mod.id then return function() return open() end end
    local compiled, why = chunk(mod.path .. tostring(path))
    if compiled then return compiled end
    problem(why)
    -- The game would stop here; the other files are still worth reading.
    return nothing
end
local function merge_defaults(given, defaults)
    if type(defaults) ~= 'table' then return given == nil and defaults or given end
    if type(given) ~= 'table' then
        if given ~= nil then return given end
        given = {}
    end
    for name, value in plain_next, defaults do given[name] = merge_defaults(given[name], value) end
    return given
end
SMODS.merge_defaults = merge_defaults
function SMODS.merge_lists(...)
    local all = {}
    for _, list in ipairs { ... } do
        for _, inner in ipairs(list) do
            if type(inner) == 'table' then
                for _, value in ipairs(inner) do all[#all + 1] = value end
            else
                all[#all + 1] = inner
            end
        end
    end
    return all
end
function SMODS.load_mod_config() return mod.config end
function SMODS.save_mod_config() return true end
function SMODS.get_atlas(key) return SMODS.Atlases[key] end

-- Puts a prefix before a key, unless it is there.
local function prefixed(object, prefix, wanted, field)
    local key = rawget(object, field)
    if wanted == false or type(key) ~= 'string' or not prefix then return end
    if key:sub(1, #prefix + 1) ~= prefix .. '_' then object[field] = prefix .. '_' .. key end
end

local function add_prefixes(class, object, is_taken)
    if object.prefix_config == false then return end
    local asked = merge_defaults(merge_defaults(copy_table(rawget(object, 'prefix_config')), class.prefix_config), mod.prefix_config)
    if type(asked) ~= 'table' then asked = {} end
    if object.raw_key then asked.key = false end
    object.original_key = object.key
    if asked.key ~= false then
        local of_key = type(asked.key) == 'table' and asked.key or {}
        if not is_taken then prefixed(object, mod.prefix, of_key.mod, 'key') end
        prefixed(object, class.class_prefix, of_key.class, 'key')
    end
    if asked.atlas ~= false then
        local of_atlas = type(asked.atlas) == 'table' and asked.atlas or {}
        for _, field in ipairs { 'atlas', 'soul_atlas' } do prefixed(object, mod.prefix, of_atlas[field], field) end
    end
end
SMODS.add_prefixes = add_prefixes

local declared = {}
local function remember(object, class, is_taken)
    if #declared >= 50000 then error('too many things are declared', 0) end
    declared[#declared + 1] = { object = object, class = class, is_taken = is_taken, file = reading }
end

local GameObject = Object:extend()
SMODS.GameObject = GameObject
GameObject.subclasses, GameObject.obj_table, GameObject.obj_buffer = {}, {}, {}
function GameObject:extend(fields)
    local class = Object.extend(self)
    for name, value in pairs(fields) do class[name] = value end
    class.subclasses = {}
    if type(self.subclasses) == 'table' then self.subclasses[#self.subclasses + 1] = class end
    return class
end
function GameObject:__call(object)
    if type(object) ~= 'table' then return nil end
    object.mod, object.original_mod = mod, mod
    setmetatable(object, self)
    if type(rawget(object, 'key')) ~= 'string' then
        if rawget(object, 'key') == nil then return object end
        object.key = tostring(object.key)
    end
    local needed = rawget(object, 'dependencies')
    for _, id in ipairs(type(needed) == 'string' and { needed } or needed) do
        if type(id) == 'string' and not present[id:match('^[^%s(<>]+') or id] then return object end
    end
    add_prefixes(self, object, false)
    local known = self.obj_table
    if type(known) == 'table' and rawget(known, object.key) ~= nil then return object end
    object:register()
    return object
end
function GameObject:register()
    if rawget(self, 'registered') then return end
    self.registered = true
    local class = getmetatable(self)
    local known, order = self.obj_table, self.obj_buffer
    if type(known) == 'table' then known[self.key] = self end
    if type(order) == 'table' then order[#order + 1] = self.key end
    if class.is_centre then G.P_CENTERS[self.key] = self end
    remember(self, class, false)
end
function GameObject:take_ownership(key, object, _)
    if type(object) ~= 'table' or type(key) ~= 'string' then return nil end
    object.key = key
    add_prefixes(self, object, true)
    local known = type(self.obj_table) == 'table' and rawget(self.obj_table, object.key)
    if known then
        for name, value in plain_next, object do
            if name ~= 'prefix_config' and name ~= 'original_key' then known[name] = value end
        end
        return known
    end
    setmetatable(object, self)
    remember(object, self, true)
    return object
end
function GameObject:get_obj(key) return type(self.obj_table) == 'table' and rawget(self.obj_table, key) or nil end
function GameObject:check_dependencies() return true end
for _, name in ipairs { 'process_loc_text', 'inject', 'inject_class', 'delete', 'send_to_subclasses', 'generate_ui' } do
    GameObject[name] = nothing
end

-- `of`: where such objects are kept, under the name that mods know.
local function class(name, parent, fields, of)
    fields.obj_table = fields.obj_table or {}
    fields.obj_buffer = fields.obj_buffer or {}
    fields.class_name = name
    SMODS[name] = parent:extend(fields)
    if of then SMODS[of] = fields.obj_table end
    return SMODS[name]
end

class('Atlas', GameObject, { set = 'Atlas', is_sheet = true, atlas_table = 'ASSET_ATLAS' }, 'Atlases')
local Centre = class('Center', GameObject, { set = 'Center', is_centre = true }, 'Centers')
local centres, order = Centre.obj_table, Centre.obj_buffer
local function centre(name, parent, fields)
    -- All cards are kept in one table, whatever they are.
    fields.obj_table, fields.obj_buffer = centres, {}
    fields.pos = fields.pos or { x = 0, y = 0 }
    fields.config = fields.config or {}
    return class(name, parent, fields)
end
Centre.obj_buffer = order
centre('Joker', Centre, { set = 'Joker', atlas = 'Joker', class_prefix = 'j', rarity = 1, cost = 3 })
local Consumable = centre('Consumable', Centre, { atlas = 'Tarot', class_prefix = 'c', cost = 3 })
centre('Tarot', Consumable, { set = 'Tarot' })
centre('Planet', Consumable, { set = 'Planet', atlas = 'Planet' })
centre('Spectral', Consumable, { set = 'Spectral', atlas = 'Spectral' })
centre('Voucher', Centre, { set = 'Voucher', atlas = 'Voucher', class_prefix = 'v' })
centre('Back', Centre, { set = 'Back', atlas = 'centers', class_prefix = 'b' })
centre('Booster', Centre, { set = 'Booster', atlas = 'Booster', class_prefix = 'p' })
centre('Enhancement', Centre, { set = 'Enhanced', atlas = 'centers', class_prefix = 'm' })
centre('Edition', Centre, { set = 'Edition', atlas = 'Joker', class_prefix = 'e' })
class('ObjectType', GameObject, { set = 'ObjectType' }, 'ObjectTypes')
class('ConsumableType', SMODS.ObjectType, { set = 'ConsumableType' }, 'ConsumableTypes')
class('Stake', GameObject, { set = 'Stake', class_prefix = 'stake' }, 'Stakes')
class('Tag', GameObject, { set = 'Tag', class_prefix = 'tag' }, 'Tags')
class('Blind', GameObject, { set = 'Blind', class_prefix = 'bl' }, 'Blinds')
class('Challenge', GameObject, { set = 'Challenge', class_prefix = 'c' }, 'Challenges')
for name, of in pairs {
    Sound = 'Sounds', Gradient = 'Gradients', Rarity = 'Rarities', Seal = 'Seals', Suit = 'Suits', Rank = 'Ranks',
    DeckSkin = 'DeckSkins', PokerHand = 'PokerHands', PokerHandPart = 'PokerHandParts', Sticker = 'Stickers',
    Shader = 'Shaders', ScreenShader = 'ScreenShaders', Keybind = 'Keybinds', Achievement = 'Achievements',
    UndiscoveredSprite = 'UndiscoveredSprites', JimboQuip = 'JimboQuips', DrawStep = 'DrawSteps', Font = 'Fonts',
    Language = 'Languages', Attribute = 'Attributes', DynaTextEffect = 'DynaTextEffects', CanvasSprite = 'CanvasSprites',
    Scoring_Parameter = 'Scoring_Parameters', Scoring_Calculation = 'Scoring_Calculations', Bakery = 'Bakeries',
} do
    class(name, GameObject, { set = name }, of)
end
for name, value in pairs { '2', '3', '4', '5', '6', '7', '8', '9', '10', 'Jack', 'Queen', 'King', 'Ace' } do
    SMODS.Ranks[value] = open { key = value, id = name + 1, nominal = name + 1, card_key = value, next = {} }
    SMODS.Rank.obj_buffer[name] = value
end
for name, value in pairs { 'Diamonds', 'Clubs', 'Hearts', 'Spades' } do
    SMODS.Suits[value] = open { key = value, card_key = value:sub(1, 1) }
    SMODS.Suit.obj_buffer[name] = value
end

-- Forms of older loaders: made by position, registered afterwards.
local function old(name, fields)
    local made = SMODS[name]
    made.new = function(self, ...)
        local object = { mod = mod }
        for index, field in ipairs(fields) do
            if field ~= '' then object[field] = (select(index, ...)) end
        end
        if name == 'Back' and type(object.config) == 'table' then object.atlas = object.config.atlas end
        object.is_old = true
        local meta = {
            __index = function(object, key)
                if key == 'slug' then return rawget(object, 'key') end
                if key == 'spritePos' then return rawget(object, 'pos') end
                return made[key]
            end,
            __newindex = function(object, key, value)
                rawset(object, key == 'slug' and 'key' or key == 'spritePos' and 'pos' or key, value)
            end,
        }
        function object:register()
            if rawget(self, 'registered') then return end
            self.registered = true
            if type(rawget(self, 'key')) ~= 'string' then return end
            add_prefixes(made, self, false)
            if type(made.obj_table) == 'table' then made.obj_table[self.key] = self end
            remember(self, made, false)
        end
        return setmetatable(object, meta)
    end
end
old('Joker', { 'name', 'key', 'config', 'pos', 'loc_txt', 'rarity', 'cost', '', '', '', '', '', 'atlas', 'soul_pos' })
old('Tarot', { 'name', 'key', 'config', 'pos', 'loc_txt', 'cost', '', '', '', '', 'atlas' })
old('Planet', { 'name', 'key', 'config', 'pos', 'loc_txt', 'cost', '', '', '', '', '', 'atlas' })
old('Spectral', { 'name', 'key', 'config', 'pos', 'loc_txt', 'cost', '', '', 'atlas' })
old('Voucher', { 'name', 'key', 'config', 'pos', 'loc_txt', 'cost', '', '', '', '', 'atlas' })
old('Back', { 'name', 'key', 'config', 'pos', 'loc_txt' })
SMODS.Deck = SMODS.Back
SMODS.Sprite = {}
function SMODS.Sprite:new(key, _, path, px, py, kind, frames)
    local object = { key = key, path = path, px = px, py = py, frames = frames, is_old = true }
    if kind == 'animation_atli' then object.atlas_table = 'ANIMATION_ATLAS' end
    function object:register()
        if rawget(self, 'registered') then return end
        self.registered = true
        add_prefixes(SMODS.Atlas, self, false)
        SMODS.Atlases[self.key] = self
        remember(self, SMODS.Atlas, false)
    end
    return setmetatable(object, SMODS.Atlas)
end
SMODS.Jokers, SMODS.Tarots, SMODS.Planets, SMODS.Spectrals = centres, centres, centres, centres
SMODS.Vouchers, SMODS.Decks = centres, centres

-- Whatever else the loader has. A name in the plural or with a capital may be filled, a function gives an open table.
setmetatable(SMODS, {
    __index = function(known, name)
        local made
        if type(name) == 'string' and name:match('^%u') and not name:match('s$') then
            made = class(name, GameObject, { set = name })
        else
            made = open()
        end
        rawset(known, name, made)
        return made
    end,
})

-- What was declared ---------------------------------------------------------------------------------------------------

-- Of several languages the player's, else English.
local function in_language(value)
    if type(value) ~= 'table' then return value end
    return value[language] or value['default'] or value['en-us'] or value
end
local function pair(value, first, second)
    if type(value) ~= 'table' then return nil end
    return { tonumber(value[first]) or 0, tonumber(value[second]) or 0 }
end
-- A second, and any further, layer of a card.
local function layers(value)
    if type(value) ~= 'table' then return {} end
    local list = {}
    if value.x or value.y then list[1] = pair(value, 'x', 'y') end
    if type(value.extra) == 'table' and (value.extra.x or value.extra.y) then
        list[#list + 1] = pair(value.extra, 'x', 'y')
    end
    return list
end
local function words(value)
    value = in_language(value)
    if type(value) ~= 'table' then return nil end
    return { name = value.name, text = value.text }
end
local function size(value)
    if type(value) ~= 'table' then return nil end
    return { w = tonumber(value.w), h = tonumber(value.h) }
end

local function text_of(value) return type(value) == 'string' and value or nil end

local function said_of(entry)
    local object, made_by = entry.object, entry.class
    if made_by.is_sheet then
        local own_language = rawget(object, 'language')
        if own_language and own_language ~= language then return 'skip' end
        local frames = tonumber(rawget(object, 'frames'))
        return 'sheet', {
            key = text_of(object.key), path = text_of(in_language(rawget(object, 'path'))), px = tonumber(object.px), py = tonumber(object.py),
            frames = frames, animated = object.atlas_table ~= 'ASSET_ATLAS', localised = own_language ~= nil,
        }
    end
    if not made_by.is_centre then return 'skip' end
    local get = entry.is_taken and rawget or function(from, key) return from[key] end
    local key = object.key
    local atlas = get(object, 'atlas')
    -- Old cards without a sheet have one of their own name.
    if rawget(object, 'is_old') and not rawget(object, 'atlas') and SMODS.Atlases[key] then atlas = key end
    local souls = layers(get(object, 'soul_pos'))
    if #souls == 0 and get(object, 'soul_atlas') then souls = { { 0, 0 } } end
    return 'centre', {
        key = text_of(key), original_key = text_of(rawget(object, 'original_key')), set = text_of(object.set),
        name = text_of(rawget(object, 'name')), atlas = text_of(atlas),
        pos = pair(get(object, 'pos'), 'x', 'y'), layers = souls, soul_atlas = text_of(get(object, 'soul_atlas')),
        pixel_size = size(get(object, 'pixel_size')), display_size = size(get(object, 'display_size')),
        words = words(rawget(object, 'loc_txt')), taken = entry.is_taken, file = entry.file,
        by_code = type(rawget(object, 'draw')) == 'function' or type(rawget(object, 'set_sprites')) == 'function',
    }
end

-- Texts that the mod put into the game's tables itself.
local function texts()
    local sets = {}
    for set, entries in pairs(G.localization.descriptions) do
        local found = {}
        for key, entry in pairs(entries) do
            if type(key) == 'string' and type(entry) == 'table' and rawget(entry, 'name') then
                found[key] = { name = entry.name, text = rawget(entry, 'text') }
            end
        end
        if type(set) == 'string' then sets[set] = found end
    end
    return sets
end

return function(is_main)
    if is_main then
        local given = chunk(mod.path .. (mod_facts.config_file or 'config.lua'))
        local defaults = given and given()
        local saved = host.saved and host.compile(host.saved, 'settings')
        local chosen = saved and select(2, pcall(saved))
        mod.config = merge_defaults(type(chosen) == 'table' and chosen or {}, type(defaults) == 'table' and defaults or {})
        local main, why = chunk(mod.path .. mod_facts.main_file)
        if main then main() else problem(why) end
        for _, start in pairs(SMODS.INIT) do
            local done, failed = pcall(start)
            if not done then problem(failed) end
        end
        if type(mod.process_loc_text) == 'function' then pcall(mod.process_loc_text) end
    end
    local said = { sheets = {}, centres = {}, texts = texts(), problems = problems }
    for _, entry in ipairs(declared) do
        local kind, what = said_of(entry)
        if kind == 'sheet' then said.sheets[#said.sheets + 1] = what end
        if kind == 'centre' then said.centres[#said.centres + 1] = what end
    end
    return said
end
