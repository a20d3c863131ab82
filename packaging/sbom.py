#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A bill of materials (SPDX 2.3, JSON) of each package: its files with their checksums, and the libraries that its programs
were really linked with: by the dynamic section of each program, or by the linker's map where it is static.

usage: packaging/sbom.py OUT_DIR PACKAGE...       writes OUT_DIR/PACKAGE.spdx.json
The same package gives the same bytes. Licences are those of Debian's machine-readable copyright files, where they name one
for all files and SPDX has a name for it; otherwise NOASSERTION.
environment: SOURCE_DATE_EPOCH; MUSL=build/sysroot/musl, what cross/musl.sh left; MAPS=build/musl-release, the linker's maps
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

MUSL = os.environ.get('MUSL', 'build/sysroot/musl')
MAPS = os.environ.get('MAPS', 'build/musl-release')
NONE = 'NOASSERTION'
# Debian's short names that are not SPDX's already.
LICENSES = {
    'Apache-2.0': 'Apache-2.0', 'BSD-2-Clause': 'BSD-2-Clause', 'BSD-2-clause': 'BSD-2-Clause', 'BSD-3-clause': 'BSD-3-Clause',
    'BSD-3-Clause': 'BSD-3-Clause', 'Expat': 'MIT', 'MIT': 'MIT', 'MPL-2.0': 'MPL-2.0', 'LGPL-2.1': 'LGPL-2.1-only',
    'LGPL-2.1+': 'LGPL-2.1-or-later', 'Zlib': 'Zlib', 'zlib': 'Zlib',
}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def digest(path, kind):
    with open(path, 'rb') as f:
        return hashlib.new(kind, f.read()).hexdigest()


def unpack(package, root):
    if package.endswith('.deb'):
        run('dpkg-deb', '-x', package, root)
    elif package.endswith('.rpm'):
        cpio = subprocess.run(['rpm2cpio', package], check=True, capture_output=True).stdout
        subprocess.run(['cpio', '-idm', '--quiet', '--no-absolute-filenames'], input=cpio, cwd=root, check=True)
    elif package.endswith('.ipk'):
        with tempfile.TemporaryDirectory() as inner:
            run('tar', '-C', inner, '-xzf', package)
            run('tar', '-C', root, '-xzf', os.path.join(inner, 'data.tar.gz'))
    else:
        run('tar', '-C', root, '-xzf', package)


def files_of(root):
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.join(folder, n) for n in names if not os.path.islink(os.path.join(folder, n))]
    return sorted(found)


def is_elf(path):
    with open(path, 'rb') as f:
        return f.read(4) == b'\x7fELF'


def license_of(package):
    """Of all files of a Debian package, or NOASSERTION."""
    try:
        with open('/usr/share/doc/%s/copyright' % package, encoding='utf-8') as f:
            text = f.read()
    except OSError:
        return NONE
    for stanza in re.split(r'\n\s*\n', text):
        if re.search(r'^Files:\s*\*\s*$', stanza, re.M):
            named = re.search(r'^License:\s*(.*?)\s*$', stanza, re.M)
            return LICENSES.get(named[1], NONE) if named else NONE
    return NONE


def owner(path):
    """The Debian package of a file: its name, version, source and source version."""
    for candidate in (path, os.path.realpath(path), re.sub('^/usr/', '/', os.path.realpath(path))):
        asked = subprocess.run(['dpkg-query', '-S', candidate], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            name = asked.stdout.split(': ')[0]
            form = '${Package}\t${Version}\t${source:Package}\t${Architecture}'
            return run('dpkg-query', '-W', '-f', form, name).split('\t')
    raise SystemExit('sbom: no package has %s' % path)


def component(name, version, source, arch, how):
    return {'name': name, 'version': version, 'source': source, 'arch': arch, 'how': how, 'license': license_of(name)}


def dynamic(program, bundled):
    """Libraries that a program names itself; what these need in turn is theirs."""
    names = re.findall(r'\(NEEDED\).*\[(.*)\]', run('readelf', '-dW', program))
    places = dict(re.findall(r'(\S+) => (/\S+)', run('ldd', program)))
    for name in names:
        if name in bundled or name not in places:
            continue
        package, version, source, arch = owner(places[name])
        yield component(package, version, source, arch, 'DYNAMIC_LINK')


def sources_of_musl():
    """Archive -> what cross/musl.sh built it of."""
    with open(os.path.join(MUSL, 'libraries'), encoding='utf-8') as f:
        built = [line.split() for line in f]
    found = {}
    for source, version, checksum in built:
        package = run('sh', '-c', "dpkg-query -W -f '${Package} ${source:Package}\\n' | awk -v s=%s '$2 == s { print $1; exit }'" % source)
        for archive in ARCHIVES[source]:
            c = component(package.strip(), version, source, 'source', 'STATIC_LINK')
            found[archive] = dict(c, name=source, checksum=checksum)
    return found


ARCHIVES = {
    'jansson': ['libjansson.a'], 'libcap-ng': ['libcap-ng.a'], 'libpcap': ['libpcap.a'], 'libseccomp': ['libseccomp.a'],
    'libevent': ['libevent.a', 'libevent_core.a', 'libevent_extra.a'], 'libsrtp2': ['libsrtp2.a'],
    'mbedtls': ['libmbedtls.a', 'libmbedx509.a', 'libmbedcrypto.a'], 'protobuf-c': ['libprotobuf-c.a'],
    'sqlite3': ['libsqlite3.a'], 'zlib': ['libz.a'],
}


def static(program):
    """Archives of which the linker took at least one member."""
    with open(os.path.join(MAPS, os.path.basename(program) + '.map'), encoding='utf-8') as f:
        head = f.read().split('\nDiscarded input sections', 1)[0].split('\nMemory Configuration', 1)[0]
    built = sources_of_musl()
    for archive in sorted(set(re.findall(r'^(\S+\.a)\(', head, re.M))):
        name = os.path.basename(archive)
        if archive.startswith(MAPS + '/'):
            continue  # our own
        if os.path.realpath(archive).startswith(os.path.realpath(MUSL) + '/'):
            yield built[name]
        else:
            package, version, source, arch = owner(os.path.realpath(archive))
            yield component(package, version, source, arch, 'STATIC_LINK')


def linked(root, files):
    programs = [f for f in files if is_elf(f) and os.access(f, os.X_OK)]
    bundled = {os.path.basename(f) for f in files if '.so' in os.path.basename(f)}
    found = {}
    for program in programs:
        needs = dynamic(program, bundled) if 'INTERP' in run('readelf', '-lW', program) else static(program)
        for c in needs:
            found[c['name'], c['how']] = c
    return [found[key] for key in sorted(found)]


def spdx_id(kind, name):
    return 'SPDXRef-%s-%s' % (kind, re.sub(r'[^A-Za-z0-9.-]', '-', name))


def package_of(c):
    entry = {
        'SPDXID': spdx_id('Library', c['name']), 'name': c['name'], 'versionInfo': c['version'],
        'supplier': 'Organization: Debian', 'downloadLocation': NONE, 'filesAnalyzed': False,
        'licenseConcluded': NONE, 'licenseDeclared': c['license'], 'copyrightText': NONE,
        'externalRefs': [{'referenceCategory': 'PACKAGE-MANAGER', 'referenceType': 'purl', 'referenceLocator':
                          'pkg:deb/debian/%s@%s?arch=%s' % (c['name'], urllib.parse.quote(c['version'], safe='.-_~'), c['arch'])}],
    }
    if c['source'] != c['name']:
        entry['sourceInfo'] = 'source package ' + c['source']
    if 'checksum' in c:
        entry['checksums'] = [{'algorithm': 'SHA256', 'checksumValue': c['checksum']}]
        entry['sourceInfo'] = 'the checksum is that of the .dsc file, which has those of the sources'
    return entry


def document(package):
    name, epoch = os.path.basename(package), int(os.environ['SOURCE_DATE_EPOCH'])
    with open('VERSION', encoding='utf-8') as f:
        version = f.read().strip()
    with tempfile.TemporaryDirectory() as root:
        unpack(package, root)
        files = files_of(root)
        relative = [os.path.relpath(f, root) for f in files]
        sums = [(digest(f, 'sha1'), digest(f, 'sha256')) for f in files]
        libraries = linked(root, files)
    sha256 = digest(package, 'sha256')
    main = {
        'SPDXID': 'SPDXRef-Package', 'name': 'earshot' if name.endswith('.tar.gz') else re.split(r'[_-]\d', name)[0],
        'versionInfo': version, 'packageFileName': name,
        'supplier': 'Organization: the earshot authors', 'downloadLocation': NONE, 'filesAnalyzed': True,
        'packageVerificationCode': {'packageVerificationCodeValue': hashlib.sha1(''.join(sorted(s[0] for s in sums)).encode()).hexdigest()},
        'checksums': [{'algorithm': 'SHA256', 'checksumValue': sha256}],
        'licenseConcluded': NONE, 'licenseDeclared': 'Apache-2.0', 'licenseInfoFromFiles': [NONE], 'copyrightText': '2026 the earshot authors',
    }
    relations = [('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-Package')]
    entries = []
    for number, (path, (sha1, sha2)) in enumerate(zip(relative, sums), 1):
        entries.append({
            'SPDXID': 'SPDXRef-File-%d' % number, 'fileName': './' + path,
            'checksums': [{'algorithm': 'SHA1', 'checksumValue': sha1}, {'algorithm': 'SHA256', 'checksumValue': sha2}],
            'licenseConcluded': NONE, 'licenseInfoInFiles': [NONE], 'copyrightText': NONE})
        relations.append(('SPDXRef-Package', 'CONTAINS', 'SPDXRef-File-%d' % number))
    relations += [('SPDXRef-Package', c['how'], spdx_id('Library', c['name'])) for c in libraries]
    return {
        'spdxVersion': 'SPDX-2.3', 'dataLicense': 'CC0-1.0', 'SPDXID': 'SPDXRef-DOCUMENT', 'name': name,
        'documentNamespace': 'https://spdx.org/spdxdocs/%s-%s' % (name, sha256),
        'creationInfo': {'created': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(epoch)),
                         'creators': ['Organization: the earshot authors', 'Tool: earshot-sbom-%s' % version]},
        'packages': [main] + [package_of(c) for c in libraries], 'files': entries,
        'relationships': [{'spdxElementId': a, 'relationshipType': how, 'relatedSpdxElement': b} for a, how, b in relations],
    }


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    for package in sys.argv[2:]:
        target = os.path.join(sys.argv[1], os.path.basename(package) + '.spdx.json')
        with open(target, 'w', encoding='utf-8') as f:
            json.dump(document(package), f, indent=1, ensure_ascii=False)
            f.write('\n')


if __name__ == '__main__':
    main()
