#!/usr/bin/env python3
"""Writes schemas/kubernetes/*.types from published descriptions of the Kubernetes API.

Run by hand when a new Kubernetes version is taken in; the build never runs it. Inputs, one of each per minor version:
  --types MINOR=FILE   the `definitions` of api/openapi-spec/swagger.json as one JSON object (no descriptions needed)
  --proto MINOR=FILE   protobuf fields, tab separated: package, message, number, name, type (of every generated.proto)
The versions are merged into one superset; a field that is missing in one of them gets since= or until=.
The language is described in docs/design/schema.md.
"""
import argparse
import collections
import json
import os
import re

# Packages that are taken in, and their short names in the files.
PACKAGES = {
    'io.k8s.apimachinery.pkg.apis.meta.v1': 'meta/v1',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1': 'apiextensions/v1',
    'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1': 'apiregistration/v1',
}
for p in ('admissionregistration/v1 apps/v1 authentication/v1 authorization/v1 autoscaling/v1 autoscaling/v2 '
          'autoscaling/v2beta1 autoscaling/v2beta2 batch/v1 batch/v1beta1 certificates/v1 coordination/v1 core/v1 '
          'discovery/v1 discovery/v1beta1 events/v1 events/v1beta1 flowcontrol/v1 flowcontrol/v1beta1 networking/v1 '
          'node/v1 node/v1beta1 policy/v1 policy/v1beta1 rbac/v1 scheduling/v1 storage/v1 storage/v1beta1').split():
    PACKAGES['io.k8s.api.' + p.replace('/', '.')] = p

SPECIAL = {
    'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
    'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
    'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'micro-time',
    'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'fields',
    'io.k8s.apimachinery.pkg.runtime.RawExtension': 'raw',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'json',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'schema-or-bool',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'schema-or-array',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'schema-or-strings',
}
SKIPPED_TYPES = {'io.k8s.apimachinery.pkg.apis.meta.v1.Patch', 'io.k8s.apimachinery.pkg.version.Info'}
SCALARS = {('string', None): 'string', ('string', 'byte'): 'bytes', ('string', 'date-time'): 'time',
           ('integer', 'int32'): 'int32', ('integer', 'int64'): 'int64', ('integer', None): 'int64',
           ('number', 'double'): 'double', ('number', None): 'double', ('boolean', None): 'bool'}


def package_of(name):
    return name.rsplit('.', 1)[0]


def openapi_package(proto_package):
    return proto_package.replace('k8s.io.', 'io.k8s.', 1).replace('_', '-')


def load_proto(path):
    """{(dotted package, message): [(number, name, type)]}; repairs the split of map fields' names."""
    out = collections.defaultdict(list)
    for line in open(path, encoding='utf-8'):
        package, message, number, name, kind = line.rstrip('\n').split('\t')
        match = re.match(r'(map<.*>) (\w+)$', kind)
        if match:
            kind, name = match.group(1), match.group(2) + name
        kind = kind.replace('optional ', '').replace('repeated ', '[]')
        out[(openapi_package(package), message)].append((int(number), name, kind))
    return out


def proto_key(json_name):
    """JSON names that differ from the protobuf name only in form."""
    parts = re.split(r'[-]', json_name.lstrip('$'))
    return (parts[0] + ''.join(p[:1].upper() + p[1:] for p in parts[1:])).lower()


def proto_path(proto, type_name, field, json_fields, depth=0):
    """[number], [outer, inner], [outer, middle, inner], or [] when the field has no protobuf form."""
    package, message = type_name.rsplit('.', 1)
    fields = proto.get((package, message), [])
    for number, name, kind in fields:
        if name.lower() == proto_key(field):
            return [number], kind
    known = {proto_key(f) for f in json_fields}
    for number, name, kind in fields:
        if name.lower() in known or kind.startswith(('map', '[]')):
            continue
        inner = kind.lstrip('.')
        target = package + '.' + inner
        if '.' in inner:
            target = openapi_package(inner.rsplit('.', 1)[0]) + '.' + inner.rsplit('.', 1)[1]
        if depth < 2:
            numbers, kind2 = proto_path(proto, target, field, json_fields, depth + 1)
            if numbers:
                return [number] + numbers, kind2
    return [], ''


def type_text(prop, package, proto_kind):
    if '$ref' in prop:
        name = prop['$ref'].split('/')[-1]
        if name in SPECIAL:
            return SPECIAL[name]
        if package_of(name) == package:
            return name.rsplit('.', 1)[1]
        return PACKAGES[package_of(name)] + '.' + name.rsplit('.', 1)[1]
    kind = prop.get('type')
    if kind == 'array':
        return '[]' + type_text(prop['items'], package, proto_kind)
    if kind == 'object':
        if 'additionalProperties' not in prop:
            return 'object'
        inner = prop['additionalProperties']
        if inner.get('type') == 'array' and proto_kind.startswith('map'):
            return '{}wrapped'
        return '{}' + type_text(inner, package, '')
    return SCALARS[(kind, prop.get('format'))]


def attributes(prop):
    out = []
    if 'x-kubernetes-list-type' in prop:
        keys = prop.get('x-kubernetes-list-map-keys')
        out.append('list=' + prop['x-kubernetes-list-type'] + (f"({','.join(keys)})" if keys else ''))
    if 'x-kubernetes-map-type' in prop:
        out.append('map=' + prop['x-kubernetes-map-type'])
    if 'x-kubernetes-patch-strategy' in prop:
        key = prop.get('x-kubernetes-patch-merge-key')
        out.append('patch=' + prop['x-kubernetes-patch-strategy'] + (f'({key})' if key else ''))
    return out


def versions_marks(present, minors):
    """since=/until= of a field that exists in `present` of `minors` (both sorted)."""
    out = []
    if present[0] != minors[0]:
        before = [m for m in minors if m < present[0]][-1]
        out.append(f'since={before + 1}')
    if present[-1] != minors[-1]:
        out.append(f'until={present[-1]}')
    return out


def write_type(lines, name, defs, protos, unmatched, left_out):
    minors = sorted(m for m in defs if name in defs[m])
    newest = defs[minors[-1]][name]
    package, short = name.rsplit('.', 1)
    head = [f'type {short}'] + (['map=' + newest['x-kubernetes-map-type']] if 'x-kubernetes-map-type' in newest else [])
    lines.append(' '.join(head))
    fields = {}
    for m in minors:
        for field in defs[m][name].get('properties', {}):
            fields.setdefault(field, []).append(m)
    rows = []
    for field, present in fields.items():
        prop = defs[present[-1]][name]['properties'][field]
        json_fields = defs[present[-1]][name]['properties']
        numbers, kind = [], ''
        if field not in ('apiVersion', 'kind') or (package, short) in protos[present[-1]]:
            numbers, kind = proto_path(protos[present[-1]], name, field, json_fields)
        if not numbers and field not in ('apiVersion', 'kind'):
            unmatched.append(f'{name}.{field}')
        required = field in defs[present[-1]][name].get('required', [])
        try:
            text_type = type_text(prop, package, kind)
        except KeyError:
            left_out.append(f'{name}.{field}')  # its type is of a package that is not taken in
            continue
        text = [f"  {'.'.join(map(str, numbers)) or '-'} {field}{'!' if required else ''}", text_type]
        rows.append((numbers or [0], field, ' '.join(text + attributes(prop) + versions_marks(present, minors))))
    lines.extend(row for _, _, row in sorted(rows))
    lines.append('')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--types', action='append', required=True)
    parser.add_argument('--proto', action='append', required=True)
    parser.add_argument('--out', required=True)
    args = parser.parse_args()
    defs = {int(a.split('=')[0]): json.load(open(a.split('=', 1)[1], encoding='utf-8')) for a in args.types}
    protos = {int(a.split('=')[0]): load_proto(a.split('=', 1)[1]) for a in args.proto}
    names = sorted({n for d in defs.values() for n in d if package_of(n) in PACKAGES} - set(SPECIAL) - SKIPPED_TYPES)
    unmatched, left_out = [], []
    for package, short in sorted(PACKAGES.items(), key=lambda x: x[1]):
        lines = [f'package {short} {package}', '']
        for name in names:
            if package_of(name) == package:
                write_type(lines, name, defs, protos, unmatched, left_out)
        path = os.path.join(args.out, short.replace('/', '-') + '.types')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines))
    print(f'{len(names)} types; fields without a protobuf number: {unmatched}; left out: {left_out}')


if __name__ == '__main__':
    main()
