import { createHash } from 'node:crypto';
import type { About } from './image-app.ts';
import type { Package, Part } from './image-parts.ts';

const idOf = ({ name, version }: Pick<Package, 'name' | 'version'>): string =>
  `SPDXRef-${`${name}-${version}`.replaceAll(/[^A-Za-z0-9.-]/g, '-')}`;

function checksums({ sha256, integrity }: Package): object {
  const found = [
    ...(sha256 === undefined ? [] : [{ algorithm: 'SHA256', checksumValue: sha256 }]),
    ...(integrity?.startsWith('sha512-') === true
      ? [{ algorithm: 'SHA512', checksumValue: Buffer.from(integrity.slice(7), 'base64').toString('hex') }]
      : []),
  ];
  return found.length === 0 ? {} : { checksums: found };
}

function packageOf(one: Package): object {
  return {
    SPDXID: idOf(one),
    name: one.name,
    versionInfo: one.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: one.license ?? 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    ...checksums(one),
    externalRefs: [
      { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: one.purl },
    ],
    ...(one.comment === undefined ? {} : { comment: one.comment }),
  };
}

/** The bill of materials of an image, SPDX 2.3. The same contents make the same text. */
export function sbomText(about: About, parts: readonly Part[]): string {
  const packages = parts.flatMap((part) => part.packages);
  const image: Package = {
    ...{ name: 'appliance-control-plane', version: about.version, license: 'Apache-2.0' },
    purl: `pkg:oci/appliance-control-plane@${about.version}`,
  };
  const all = [image, ...packages];
  const contents = createHash('sha256')
    .update(JSON.stringify([about, all]))
    .digest('hex');
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `appliance-control-plane-${about.version}`,
    documentNamespace: `urn:sha256:${contents}`,
    creationInfo: { created: about.built, creators: ['Tool: appliance-control-plane-image'] },
    documentDescribes: [idOf(image)],
    packages: all.map(packageOf),
    relationships: packages.map((one) => ({
      spdxElementId: idOf(image),
      relationshipType: 'CONTAINS',
      relatedSpdxElement: idOf(one),
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
