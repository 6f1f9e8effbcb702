import { describe, expect, it } from 'vitest';
import { claim, deployment, lint, only, release, source, stage } from './lint-cases.ts';

const KEY = "'web.${appliance_profile}.${appliance_version}.yaml'";
const values = (key: string): string =>
  `  valuesFrom:\n    - { kind: ConfigMap, name: appliance-values-web, valuesKey: ${key} }\n`;
const PROFILE = { 'profiles/single-node/web.yaml': 'a: 1\n' };

describe('names that lead nowhere', () => {
  it('R-55 finds a misspelt source with file and line', () => {
    const broken = stage().replace('name: test-product', 'name: test-prodct');
    expect(lint({ 'base/a.yaml': broken })).toEqual([
      'base/a.yaml:5 references: spec.sourceRef: there is no OCIRepository flux-system/test-prodct',
    ]);
    expect(lint({ 'base/a.yaml': stage() })).toEqual([]);
  });

  it('R-55 finds a misspelt health check, on which Flux would wait until its timeout', () => {
    const check = (name: string): string =>
      stage(
        `  healthChecks:\n    - { kind: Deployment, apiVersion: apps/v1, namespace: msp, name: ${name} }\n`,
      );
    expect(lint({ 'base/a.yaml': check('wbe') })).toEqual([
      'base/a.yaml:8 references: spec.healthChecks.0: there is no Deployment msp/wbe',
    ]);
    expect(lint({ 'base/a.yaml': check('web') })).toEqual([]);
  });

  it('B-18 finds a path without files', () => {
    expect(lint({ 'base/a.yaml': stage().replace('./base', './bases') })).toEqual([
      'base/a.yaml:6 references: spec.path: there is no bases/kustomization.yaml',
    ]);
  });

  it('B-18 finds a dependency and a chart that do not exist', () => {
    const files = {
      'base/a.yaml': release(
        '  dependsOn:\n    - name: db\n  chartRef: { kind: OCIRepository, name: chart-web }\n',
      ),
    };
    expect(lint(files)).toEqual([
      'base/a.yaml:7 references: spec.dependsOn.0: there is no HelmRelease alga-system/db',
      'base/a.yaml:8 references: spec.chartRef: there is no OCIRepository alga-system/chart-web',
    ]);
    expect(lint({ ...files, 'base/b.yaml': source(), 'base/c.yaml': release('', 'db') })).toEqual([]);
  });

  it('B-18 finds a values key that the engine never writes, and values without a file', () => {
    expect(lint({ 'base/a.yaml': release(values('web.yaml')), ...PROFILE })).toEqual([
      `base/a.yaml:7 references: spec.valuesFrom.0: key 'web.yaml' is never written, ${KEY.replaceAll("'", '')} is`,
    ]);
    expect(
      lint({ 'base/a.yaml': release(values(KEY)), 'profiles/single-node/other.yaml': 'a: 1\n' }),
    ).toEqual(['base/a.yaml:7 references: spec.valuesFrom.0: no profile has values for web']);
    expect(lint({ 'base/a.yaml': release(values(KEY)), ...PROFILE })).toEqual([]);
    const packed = values("'web.${appliance_profile}.1.2.3-rc.1.yaml'");
    expect(lint({ 'base/a.yaml': release(packed), ...PROFILE })).toEqual([]);
  });

  it('B-18 finds secrets, secret keys, claims and classes that nobody makes', () => {
    const env = (name: string, key: string): string =>
      `          env:\n            - { name: T, valueFrom: { secretKeyRef: { name: ${name}, key: ${key} } } }\n`;
    const place = 'spec.template.spec.containers.0.env.0.valueFrom.secretKeyRef';
    expect(lint({ 'base/a.yaml': deployment({ container: env('nobody', 'TOKEN') }) })).toEqual([
      `base/a.yaml:16 references: ${place}: there is no Secret msp/nobody`,
    ]);
    expect(lint({ 'base/a.yaml': deployment({ container: env('web-secret', 'TOKN') }) })).toEqual([
      `base/a.yaml:16 references: ${place}: Secret web-secret has no key TOKN`,
    ]);
    expect(lint({ 'base/a.yaml': deployment({ container: env('web-secret', 'TOKEN') }) })).toEqual([]);
    const pod =
      '      volumes: [{ name: d, persistentVolumeClaim: { claimName: data } }]\n      priorityClassName: first\n';
    expect(lint({ 'base/a.yaml': deployment({ pod }) })).toEqual([
      'base/a.yaml:10 references: spec.template.spec.volumes.0.persistentVolumeClaim: there is no PersistentVolumeClaim msp/data',
      'base/a.yaml:11 references: spec.template.spec.priorityClassName: there is no PriorityClass first',
    ]);
    const first =
      '---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: { name: first }\nvalue: 1\n';
    expect(lint({ 'base/a.yaml': `${deployment({ pod })}${claim()}${first}` })).toEqual([]);
    const optional = '          envFrom: [{ secretRef: { name: nobody, optional: true } }]\n';
    expect(lint({ 'base/a.yaml': deployment({ container: optional }) })).toEqual([]);
  });

  it('B-18 finds a file that is listed nowhere and a listed file that is not there', () => {
    const folder =
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - b.yaml\n';
    expect(lint({ 'base/kustomization.yaml': folder, 'base/a.yaml': stage() })).toEqual([
      'base/kustomization.yaml:4 references: resources: base/a.yaml is listed nowhere and would not be applied',
      'base/kustomization.yaml:4 references: resources: there is no base/b.yaml',
    ]);
  });

  it('B-01 finds stages and releases that wait for each other', () => {
    const one = release('  dependsOn: [{ name: two }]\n', 'one');
    const two = release('  dependsOn: [{ name: three }]\n', 'two');
    const three = (on: string): string => release(`  dependsOn: [{ name: ${on} }]\n`, 'three');
    const files = { 'base/a.yaml': one, 'base/b.yaml': two };
    expect(lint({ ...files, 'base/c.yaml': three('one') })).toEqual([
      'base/a.yaml:6 order: HelmRelease one waits for itself',
      'base/b.yaml:6 order: HelmRelease two waits for itself',
      'base/c.yaml:6 order: HelmRelease three waits for itself',
    ]);
    expect(lint({ ...files, 'base/c.yaml': three('four'), 'base/d.yaml': release('', 'four') })).toEqual([]);
  });

  it('reports damaged YAML and duplicate keys with their line, and goes on', () => {
    const found = lint({
      'base/a.yaml': 'a: 1\nb: 2\na: 3\n',
      'base/b.yaml': stage().replace('./base', './x'),
    });
    expect(found.map((line) => line.split(':')[0])).toEqual(['base/a.yaml', 'base/b.yaml']);
    expect(found[0]).toMatch(/^base\/a\.yaml:3 yaml: /);
  });
});

describe('variables', () => {
  const named = (name: string): string => `kind: x\nvalue: ${name}\n`;

  it('finds a variable that nobody fills in, which Flux refuses', () => {
    expect(lint({ 'base/a.yaml': named('${appliance_regsitry}') })).toEqual([
      'base/a.yaml:2 variables: ${appliance_regsitry} is filled in by nobody',
    ]);
    expect(lint({ 'base/a.yaml': named('${appliance_registry}') })).toEqual([]);
    expect(lint({ 'base/a.yaml': named('$${HOME}') })).toEqual([]);
  });

  it('knows the charts of the release', () => {
    const files = { 'base/a.yaml': named('${chart_temporal_worker_digest}') };
    expect(lint(files, undefined, ['temporal'])).toEqual([
      'base/a.yaml:2 variables: ${chart_temporal_worker_digest} is filled in by nobody',
    ]);
    expect(lint(files, undefined, ['temporal-worker'])).toEqual([]);
  });

  it('allows no functions and defaults, which packing does not know', () => {
    expect(lint({ 'base/a.yaml': named('${appliance_profile:=x}') })).toEqual([
      'base/a.yaml:2 variables: ${appliance_profile:=x}: only plain variables are allowed',
    ]);
  });

  it('finds a stage that does not hand on what its files use, or hands on what may not stay a string', () => {
    const user = {
      'base/kustomization.yaml':
        'kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: [a.yaml, b.yaml]\n',
      'base/b.yaml': named('${appliance_profile}'),
    };
    const given = (value: string): string =>
      stage(`  postBuild: { substitute: {} }\n`).replace(
        '{ substitute: {} }',
        `\n    substitute:\n      appliance_profile: ${value}`,
      );
    expect(only(lint({ ...user, 'base/a.yaml': stage() }), 'variables')).toEqual([
      'base/a.yaml:5 variables: Kustomization core does not hand on ${appliance_profile}',
    ]);
    expect(only(lint({ ...user, 'base/a.yaml': given("'${appliance_profile}'") }), 'variables')).toEqual([
      'base/a.yaml:9 variables: postBuild.substitute.appliance_profile: write it as a block scalar (|), else its value may arrive as no string',
    ]);
    expect(lint({ ...user, 'base/a.yaml': given('|\n        ${appliance_profile}') })).toEqual([]);
  });
});
