#!/usr/bin/env python3
"""Turns schemas/ into C++ tables (schema/schema.h, schema/kind.h). Deterministic; run by the build.

  gen_schema.py --schemas DIR --out DIR             the built-in kinds: schema_nodes.h, schema_*.cc
  gen_schema.py --schemas DIR --extra DIR --name N --out DIR   more packages and kinds that may use them: N_kinds()
The language is described in docs/design/schema.md.
"""
import argparse
import glob
import json
import os
import re
import sys

# Scalars of the language: name -> fields of the Schema node that differ from the default.
SCALARS = {
    'string': {'type': 'kString'},
    'bool': {'type': 'kBoolean'},
    'int32': {'type': 'kInteger', 'format': 'int32'},
    'int64': {'type': 'kInteger', 'format': 'int64'},
    'double': {'type': 'kNumber', 'format': 'double'},
    'bytes': {'type': 'kString', 'format': 'byte'},
    'time': {'type': 'kString', 'special': 'kTime', 'format': 'date-time'},
    'micro-time': {'type': 'kString', 'special': 'kMicroTime', 'format': 'date-time'},
    'quantity': {'type': 'kString', 'special': 'kQuantity', 'int_or_string': 'true'},
    'int-or-string': {'type': 'kString', 'special': 'kIntOrString', 'int_or_string': 'true', 'format': 'int-or-string'},
    'object': {'type': 'kObject', 'preserve_unknown': 'true'},
    'raw': {'type': 'kObject', 'special': 'kRawExtension', 'preserve_unknown': 'true'},
    'fields': {'type': 'kObject', 'special': 'kFieldsV1', 'preserve_unknown': 'true'},
    'json': {'type': 'kAny', 'special': 'kJson'},
    'schema-or-bool': {'type': 'kAny', 'special': 'kSchemaOrBool'},
    'schema-or-array': {'type': 'kAny', 'special': 'kSchemaOrArray'},
    'schema-or-strings': {'type': 'kAny', 'special': 'kSchemaOrStrings'},
}
NAMES = {
    'quantity': 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    'int-or-string': 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    'time': 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
    'micro-time': 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
    'raw': 'io.k8s.apimachinery.pkg.runtime.RawExtension',
    'fields': 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
    'json': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON',
    'schema-or-bool': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool',
    'schema-or-array': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray',
    'schema-or-strings': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray',
}
FIELD_ORDER = ['type', 'special', 'list_type', 'map_type', 'patch', 'int_or_string', 'preserve_unknown', 'has_defaults', 'name', 'format',
               'merge_key', 'default_json', 'map_keys', 'properties', 'items', 'additional', 'rules']
ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']


def die(where, message):
    sys.exit(f'{where}: {message}')


def quote(text):
    return json.dumps(text)


def ident(package):
    return re.sub(r'[^a-zA-Z0-9]', '_', package)


class Field:
    def __init__(self, numbers, name, required, kind, attrs):
        self.numbers, self.name, self.required, self.kind, self.attrs = numbers, name, required, kind, attrs
        self.default = None
        self.enum = None
        self.pointer = False


class Type:
    def __init__(self, package, name, attrs):
        self.package, self.name, self.attrs, self.fields = package, name, attrs, {}


class Model:
    def __init__(self):
        self.packages = {}  # short -> full
        self.types = {}     # (short package, name) -> Type
        self.kinds = []

    # ---- reading

    def load(self, folder):
        before = set(self.packages)
        for path in sorted(glob.glob(os.path.join(folder, '*.types'))):
            self.load_types(path)
        self.load_values(os.path.join(folder, 'defaults.txt'), self.set_default)
        self.load_values(os.path.join(folder, 'enums.txt'), self.set_enum)
        self.load_pointers(os.path.join(folder, 'pointers.txt'))
        first = len(self.kinds)
        path = os.path.join(folder, 'kinds.txt')
        if os.path.exists(path):
            self.load_kinds(path)
        return sorted(set(self.packages) - before), self.kinds[first:]

    def load_types(self, path):
        package, current = None, None
        for number, line in enumerate(open(path, encoding='utf-8'), 1):
            where, line = f'{path}:{number}', line.split('#')[0].rstrip() if line.startswith('#') else line.rstrip()
            words = line.split()
            if not words:
                continue
            if words[0] == 'package':
                package = words[1]
                self.packages[package] = words[2]
            elif words[0] == 'type':
                current = Type(package, words[1], dict(w.split('=', 1) for w in words[2:]))
                self.types[(package, words[1])] = current
            elif line.startswith('  ') and current is not None and len(words) >= 3:
                numbers = [] if words[0] == '-' else [int(n) for n in words[0].split('.')]
                name = words[1].rstrip('!')
                attrs = dict(w.split('=', 1) for w in words[3:])
                current.fields[name] = Field(numbers, name, words[1].endswith('!'), words[2], attrs)
            else:
                die(where, 'expected "package SHORT FULL", "type NAME" or "  NUMBER NAME TYPE [attribute=value...]"')

    def load_values(self, path, setter):
        if not os.path.exists(path):
            return
        for number, line in enumerate(open(path, encoding='utf-8'), 1):
            line = line.strip()
            if not line or line.startswith('#'):
                continue
            target, _, value = line.partition(' ')
            package, _, rest = target.partition('.')
            type_name, _, field = rest.partition('.')
            found = self.types.get((package, type_name))
            if found is None or field not in found.fields:
                die(f'{path}:{number}', f'no such field: {target}')
            setter(found.fields[field], value.strip(), f'{path}:{number}')

    def load_pointers(self, path):
        if not os.path.exists(path):
            return
        for number, line in enumerate(open(path, encoding='utf-8'), 1):
            words = line.split()
            if not words or words[0].startswith('#'):
                continue
            found = self.types.get(tuple(words[0].rsplit('.', 1)))
            for name in words[1:]:
                if found is None or name not in found.fields:
                    die(f'{path}:{number}', f'no such field: {words[0]}.{name}')
                found.fields[name].pointer = True

    @staticmethod
    def set_default(field, value, where):
        try:
            field.default = json.dumps(json.loads(value), separators=(',', ':'), sort_keys=True)
        except ValueError:
            die(where, f'default is not JSON: {value}')

    @staticmethod
    def set_enum(field, value, where):
        field.enum = value.split()

    def load_kinds(self, path):
        kind = None
        for number, line in enumerate(open(path, encoding='utf-8'), 1):
            where, words = f'{path}:{number}', line.split()
            if not words or words[0].startswith('#'):
                continue
            if words[0] == 'kind':
                group, version = words[1].split('/')
                kind = {'group': '' if group == 'core' else group, 'version': version, 'kind': words[2], 'plural': words[3],
                        'namespaced': words[4] == 'namespaced', 'subs': [], 'verbs': [], 'short': [], 'categories': [],
                        'flags': [], 'select': [], 'immutable': [], 'name': '', 'table': words[3], 'where': where}
                kind.update((k, int(v)) for k, v in (w.split('=') for w in words[5:]))
                self.kinds.append(kind)
            elif words[0] == 'sub':
                sub = {'name': words[1], 'verbs': words[2].split(','), 'ref': None, 'since': 0, 'until': 0}
                for w in words[3:]:
                    if '=' in w:
                        sub[w.split('=')[0]] = int(w.split('=')[1])
                    else:
                        sub['ref'] = w
                kind['subs'].append(sub)
            elif words[0] == 'verbs':
                kind['verbs'] = ALL_VERBS if words[1] == 'all' else sorted(words[1:])
            elif words[0] == 'deprecated':
                kind['deprecated'], kind['replacement'] = int(words[1]), ' '.join(words[2:])
            elif words[0] in ('type', 'stored', 'name', 'table'):
                kind[words[0]] = words[1]
            elif words[0] in ('short', 'categories', 'flags', 'select', 'immutable'):
                kind[words[0]] = words[1:]
            else:
                die(where, f'unknown word {words[0]}')

    # ---- writing

    def full(self, key):
        return self.packages[key[0]] + '.' + key[1]

    def node_of_type(self, key):
        """Fields of the Schema node of a named type."""
        found = self.types[key]
        node = {'type': 'kObject', 'name': self.full(key)}
        if found.fields:
            node['properties'] = f'{ident(key[0])}_{key[1]}'
        if any(f.default is not None for f in found.fields.values()):
            node['has_defaults'] = 'true'
        if 'map' in found.attrs:
            node['map_type'] = 'k' + found.attrs['map'].capitalize()
        return node


class Writer:
    """Writes one package."""

    def __init__(self, model, package, header):
        self.model, self.package, self.header = model, package, header
        self.anonymous, self.index = [], {}
        self.strings, self.rules = {}, {}

    def expression(self, kind, where):
        """(node fields, C++ address) of a type text; the address is None when the node must be made."""
        if kind in SCALARS:
            return self.scalar(kind), f'&scalars[{list(SCALARS).index(kind)}]'
        if kind.startswith('[]'):
            return {'type': 'kArray', 'items': self.address(kind[2:], where)}, None
        if kind.startswith('{}wrapped'):
            inner = self.add({'type': 'kArray', 'special': 'kWrappedList',
                              'items': self.address('string', where)})
            return {'type': 'kObject', 'additional': inner}, None
        if kind.startswith('{}'):
            return {'type': 'kObject', 'additional': self.address(kind[2:], where)}, None
        key = tuple(kind.rsplit('.', 1)) if '/' in kind else (self.package, kind)
        if key not in self.model.types:
            die(where, f'no such type: {kind}')
        names = [n for p, n in sorted(self.model.types) if p == key[0]]
        return self.model.node_of_type(key), f'&{ident(key[0])}[{names.index(key[1])}]'

    @staticmethod
    def scalar(kind):
        node = dict(SCALARS[kind])
        if kind in NAMES:
            node['name'] = NAMES[kind]
        return node

    def address(self, kind, where):
        node, address = self.expression(kind, where)
        return address or self.add(node)

    def add(self, node):
        key = json.dumps(node, sort_keys=True)
        if key not in self.index:
            self.index[key] = len(self.anonymous)
            self.anonymous.append(node)
        return f'&{ident(self.package)}_anonymous[{self.index[key]}]'

    def text_list(self, texts):
        key = tuple(texts)
        if key not in self.strings:
            self.strings[key] = f'texts_{len(self.strings)}'
        return self.strings[key]

    def field_address(self, field, where):
        node, address = self.expression(field.kind, where)
        extra = {}
        if 'list' in field.attrs:
            match = re.match(r'(\w+)(?:\((.*)\))?$', field.attrs['list'])
            extra['list_type'] = 'k' + match.group(1).capitalize()
            if match.group(2):
                extra['map_keys'] = self.text_list(match.group(2).split(','))
        if 'map' in field.attrs:
            extra['map_type'] = 'k' + field.attrs['map'].capitalize()
        if 'patch' in field.attrs:
            match = re.match(r'([\w,]+)(?:\((.*)\))?$', field.attrs['patch'])
            bits = {'merge': 'kPatchMerge', 'retainKeys': 'kPatchRetainKeys', 'replace': 'kPatchReplace'}
            extra['patch'] = ' | '.join(bits[s] for s in match.group(1).split(','))
            if match.group(2):
                extra['merge_key'] = match.group(2)
        if field.default is not None:
            extra['default_json'] = field.default
        if field.enum:
            target = dict(node)
            if node['type'] == 'kArray':  # the values of the elements
                element, _ = self.expression(field.kind[2:], where)
                node = dict(target, items=self.add(dict(element, rules=self.enum_rules(field.enum))))
                address = None
            else:
                extra['rules'] = self.enum_rules(field.enum)
        if not extra:
            return address or self.add(node)
        return self.add(dict(node, **extra))

    def enum_rules(self, values):
        texts = self.text_list([json.dumps(v) for v in values])
        if texts not in self.rules:
            self.rules[texts] = f'rules_{len(self.rules)}'
        return '&' + self.rules[texts]

    @staticmethod
    def node_text(node):
        parts = []
        for field in FIELD_ORDER:
            if field not in node:
                continue
            value = node[field]
            if field == 'type':
                value = 'Type::' + value
            elif field == 'special':
                value = 'Special::' + value
            elif field == 'list_type':
                value = 'ListType::' + value
            elif field == 'map_type':
                value = 'MapType::' + value
            elif field in ('name', 'format', 'merge_key', 'default_json'):
                value = quote(value)
            parts.append(f'.{field} = {value}')
        return '{' + ', '.join(parts) + '}'

    def write(self, out):
        model, package = self.model, self.package
        properties = []
        names = [n for p, n in sorted(model.types) if p == package]
        for name in names:
            rows = []
            for field in sorted(model.types[(package, name)].fields.values(), key=lambda f: f.name.encode()):
                address = self.field_address(field, f'{package}.{name}.{field.name}')
                numbers = ', '.join(map(str, (field.numbers + [0, 0, 0])[:3]))
                since, until = field.attrs.get('since', 0), field.attrs.get('until', 0)
                rows.append(f'    {{{quote(field.name)}, {address}, {{{numbers}}}, {since}, {until}, '
                            f'{"true" if field.required else "false"}, {"true" if field.pointer else "false"}}},')
            if rows:
                properties.append(f'constinit const Property {ident(package)}_{name}[] = {{\n' + '\n'.join(rows) + '\n};')
        lines = ['// Generated by tools/gen_schema.py; do not edit.', f'#include "{self.header}"', '',
                 'namespace meshka::schema::generated {', '',
                 f'extern const Schema {ident(package)}_anonymous[{max(1, len(self.anonymous))}];']
        for texts, name in self.strings.items():
            lines.append(f'static constexpr std::string_view {name}[] = {{{", ".join(map(quote, texts))}}};')
        for texts, name in self.rules.items():
            lines.append(f'static constexpr Rules {name} = {{.enums_json = {texts}}};')
        lines += properties
        lines.append(f'constinit const Schema {ident(package)}[] = {{')
        lines += [f'    {self.node_text(model.node_of_type((package, n)))},' for n in names]
        lines += ['};', f'constinit const Schema {ident(package)}_anonymous[{max(1, len(self.anonymous))}] = {{']
        lines += [f'    {self.node_text(n)},' for n in self.anonymous]
        lines += ['};', '', '}  // namespace meshka::schema::generated', '']
        out.put(f'schema_{ident(package)}.cc', lines)


class Output:
    """Writes files only when they change, so that nothing is compiled twice."""

    def __init__(self, folder):
        self.folder = folder

    def put(self, name, lines):
        path = os.path.join(self.folder, name)
        text = '\n'.join(lines)
        if os.path.exists(path) and open(path, encoding='utf-8').read() == text:
            return
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)


def write_header(model, packages, out, name, include):
    lines = ['// Generated by tools/gen_schema.py; do not edit.', '#pragma once', '', include, '',
             'namespace meshka::schema::generated {']
    if name == 'schema':
        lines.append(f'extern const Schema scalars[{len(SCALARS)}];')
    for package in packages:
        types = [t for t in sorted(model.types) if t[0] == package]
        lines.append(f'extern const Schema {ident(package)}[{len(types)}];')
        for key in types:
            if model.types[key].fields:
                lines.append(f'extern const Property {ident(package)}_{key[1]}[{len(model.types[key].fields)}];')
    lines += ['}  // namespace meshka::schema::generated', '']
    out.put(f'{name}_nodes.h', lines)


def write_types(model, packages, out):
    lines = ['// Generated by tools/gen_schema.py; do not edit.', '#include "schema/tables.h"', '#include "schema_nodes.h"', '',
             'namespace meshka::schema {', 'namespace generated {',
             f'constinit const Schema scalars[{len(SCALARS)}] = {{']
    lines += [f'    {Writer.node_text(Writer.scalar(s))},' for s in SCALARS]
    lines += ['};', 'static constexpr const Schema* kTypes[] = {']
    entries = []
    for package in packages:
        names = [n for p, n in sorted(model.types) if p == package]
        entries += [(model.full((package, n)), f'&{ident(package)}[{i}]') for i, n in enumerate(names)]
    entries += [(full, f'&scalars[{list(SCALARS).index(s)}]') for s, full in NAMES.items()]
    lines += [f'    {address},  // {full}' for full, address in sorted(entries)]
    lines += ['};', '}  // namespace generated', '',
              'std::span<const Schema* const> builtinTypes() { return generated::kTypes; }', '',
              '}  // namespace meshka::schema', '']
    out.put('schema_types.cc', lines)


class Kinds:
    """Writes the table of kinds."""

    def __init__(self, model):
        self.model, self.texts, self.subs, self.selects = model, {}, [], []

    def list(self, texts):
        if not texts:
            return '{}'
        return self.texts.setdefault(tuple(texts), f'kTexts{len(self.texts)}')

    def type_address(self, text, where):
        package, name = text.rsplit('.', 1)
        names = [n for p, n in sorted(self.model.types) if p == package]
        if name not in names:
            die(where, f'no such type: {text}')
        return f'&generated::{ident(package)}[{names.index(name)}]'

    def group_version(self, text):
        group, version = text.split('/')
        return ('' if group == 'core' else group), version

    def entry(self, kind):
        group, version = kind['group'], kind['version']
        subs = []
        for sub in kind['subs']:
            if sub['ref']:
                gv, name = sub['ref'].rsplit('.', 1)
                ref = (*self.group_version(gv), name)
            else:
                ref = (group, version, kind['kind'])
            subs.append('{' + ', '.join([quote(sub['name']), *map(quote, ref), self.list(sorted(sub['verbs'])),
                                         str(sub['since']), str(sub['until'])]) + '}')
        self.subs.append(subs)
        selects = [(s.split('=')[0], s.split('=')[1] if '=' in s else '/' + s.replace('.', '/')) for s in kind['select']]
        self.selects.append(['{' + quote(a) + ', ' + quote(b) + '}' for a, b in selects])
        index = len(self.subs) - 1
        stored = (*self.group_version(kind['stored']), kind['plural']) if 'stored' in kind else (group, version, kind['plural'])
        list_type = kind['type'] + 'List'
        package, name = list_type.rsplit('.', 1)
        has_list = (package, name) in self.model.types
        flags = set(kind['flags'])
        rows = [('group', quote(group)), ('version', quote(version)), ('kind', quote(kind['kind'])),
                ('list_kind', quote(kind['kind'] + 'List')), ('plural', quote(kind['plural'])),
                ('singular', quote(kind['kind'].lower())), ('short_names', self.list(kind['short'])),
                ('categories', self.list(kind['categories'])), ('verbs', self.list(kind['verbs'])),
                ('subresources', f'kSubs{index}' if subs else '{}'),
                ('schema', self.type_address(kind['type'], kind['where'])),
                ('list_schema', self.type_address(list_type, kind['where']) if has_list else 'nullptr'),
                ('storage_group', quote(stored[0])), ('storage_version', quote(stored[1])),
                ('storage_plural', quote(stored[2])), ('since', str(kind.get('since', 0))),
                ('until', str(kind.get('until', 0)))]
        for field, value in (('namespaced', kind['namespaced']), ('stored', 'not-stored' not in flags),
                             ('has_status', 'status' in flags), ('counts_generation', 'generation' in flags),
                             ('graceful_delete', 'graceful' in flags),
                             ('unconditional_update', 'conditional-update' not in flags),
                             ('create_on_update', 'create-on-update' in flags)):
            rows.append((field, 'true' if value else 'false'))
        rows += [('deprecated_since', str(kind.get('deprecated', 0))), ('replacement', quote(kind.get('replacement', '')))]
        rows += [('name_rule', quote(kind['name'])), ('table', quote(kind['table'])),
                 ('field_selectors', f'kSelect{index}' if selects else '{}'), ('immutable', self.list(kind['immutable']))]
        return '    {' + ', '.join(f'.{k} = {v}' for k, v in rows) + '},'

    def write(self, kinds, function, file_name, header, out):
        kinds = sorted(kinds, key=lambda k: (k['group'], k['version'], k['plural']))
        entries = [self.entry(k) for k in kinds]
        lines = ['// Generated by tools/gen_schema.py; do not edit.', '#include "schema/tables.h"', f'#include "{header}"', '',
                 'namespace meshka::schema {', 'namespace {', '']
        lines += [f'constexpr std::string_view {n}[] = {{{", ".join(map(quote, t))}}};' for t, n in self.texts.items()]
        lines += [f'constexpr SubresourceEntry kSubs{i}[] = {{{", ".join(s)}}};' for i, s in enumerate(self.subs) if s]
        lines += [f'constexpr FieldSelectorEntry kSelect{i}[] = {{{", ".join(s)}}};'
                  for i, s in enumerate(self.selects) if s]
        lines += ['constinit const KindEntry kKinds[] = {'] + entries + ['};', '', '}  // namespace', '',
                  f'std::span<const KindEntry> {function}();', f'std::span<const KindEntry> {function}() {{ return kKinds; }}',
                  '', '}  // namespace meshka::schema', '']
        out.put(file_name, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--schemas', required=True)
    parser.add_argument('--extra')
    parser.add_argument('--name', default='schema')
    parser.add_argument('--out', required=True)
    parser.add_argument('--list', action='store_true', help='print the files that would be written, for the build')
    args = parser.parse_args()
    model = Model()
    packages, kinds = model.load(args.schemas)
    if args.extra:
        packages, kinds = model.load(args.extra)
    if args.list:
        files = [f'schema_{ident(p)}.cc' for p in packages] + [f'{args.name}_kinds.cc']
        print(';'.join(files + ([] if args.extra else ['schema_types.cc'])))
        return
    os.makedirs(args.out, exist_ok=True)
    out = Output(args.out)
    include = '#include "schema_nodes.h"' if args.extra else '#include "schema/schema.h"'
    write_header(model, packages, out, args.name, include)
    for package in packages:
        Writer(model, package, f'{args.name}_nodes.h').write(out)
    if not args.extra:
        write_types(model, packages, out)
    function = f'{args.name}Kinds' if args.extra else 'builtinKinds'
    Kinds(model).write(kinds, function, f'{args.name}_kinds.cc', f'{args.name}_nodes.h', out)


if __name__ == '__main__':
    main()
