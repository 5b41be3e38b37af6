/**
 * The resources of the Prometheus Operator that are read (`monitoring.coreos.com`), as the API server gives them: what it has not
 * checked by itself is checked where it is used. Names are the Operator's.
 */

import type { KubeObject, ObjectMeta } from '../kube/kube-object.ts';

/** Names its place: every one lives in a namespace. */
export interface PlacedMeta extends ObjectMeta {
  readonly name: string;
  readonly namespace: string;
}

export interface MonitoringObject<Spec> extends KubeObject {
  readonly metadata: PlacedMeta;
  readonly spec: Spec;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** A key of a Secret or a ConfigMap in the namespace of the resource that names it. */
export interface KeySelector {
  readonly name?: string;
  readonly key?: string;
}

export interface SecretOrConfigMap {
  readonly secret?: KeySelector;
  readonly configMap?: KeySelector;
}

export interface RelabelFields {
  readonly sourceLabels?: readonly string[];
  readonly separator?: string;
  readonly targetLabel?: string;
  readonly regex?: string;
  readonly modulus?: number;
  readonly replacement?: string;
  readonly action?: string;
}

export interface ProxyFields {
  readonly proxyUrl?: string;
  readonly noProxy?: string;
  readonly proxyFromEnvironment?: boolean;
  readonly proxyConnectHeader?: Readonly<Record<string, readonly KeySelector[]>>;
}

export interface TlsFields {
  readonly ca?: SecretOrConfigMap;
  readonly cert?: SecretOrConfigMap;
  readonly keySecret?: KeySelector;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
  readonly minVersion?: string;
  readonly maxVersion?: string;
  /** Of the machine that scrapes; in ServiceMonitors alone. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface OAuth2Fields extends ProxyFields {
  readonly clientId: SecretOrConfigMap;
  readonly clientSecret: KeySelector;
  readonly tokenUrl: string;
  readonly scopes?: readonly string[];
  readonly endpointParams?: Readonly<Record<string, string>>;
  readonly tlsConfig?: TlsFields;
}

/** How somebody is asked over HTTP. */
export interface ClientSpec extends ProxyFields {
  /** Of the machine that scrapes; in ServiceMonitors alone. */
  readonly bearerTokenFile?: string;
  readonly bearerTokenSecret?: KeySelector;
  readonly authorization?: { readonly type?: string; readonly credentials?: KeySelector };
  readonly basicAuth?: { readonly username?: KeySelector; readonly password?: KeySelector };
  readonly oauth2?: OAuth2Fields;
  readonly tlsConfig?: TlsFields;
  readonly followRedirects?: boolean;
  readonly enableHttp2?: boolean;
}

/** What endpoints of both kinds of monitors say. */
export interface Endpoint extends ClientSpec {
  readonly port?: string;
  readonly portNumber?: number;
  readonly targetPort?: string | number;
  readonly path?: string;
  readonly scheme?: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly interval?: string;
  readonly scrapeTimeout?: string;
  readonly honorLabels?: boolean;
  readonly honorTimestamps?: boolean;
  readonly trackTimestampsStaleness?: boolean;
  readonly metricRelabelings?: readonly RelabelFields[];
  readonly relabelings?: readonly RelabelFields[];
  readonly filterRunning?: boolean;
}

/** What every resource that makes jobs may say of them. */
export interface JobSpec {
  readonly sampleLimit?: number;
  readonly targetLimit?: number;
  readonly labelLimit?: number;
  readonly labelNameLengthLimit?: number;
  readonly labelValueLengthLimit?: number;
  readonly keepDroppedTargets?: number;
  readonly bodySizeLimit?: string;
  readonly scrapeProtocols?: readonly string[];
  readonly fallbackScrapeProtocol?: string;
  readonly scrapeNativeHistograms?: boolean;
  readonly scrapeClassicHistograms?: boolean;
  readonly nativeHistogramBucketLimit?: number;
  /** A quantity, such as `1.1` or `1100m`. */
  readonly nativeHistogramMinBucketFactor?: string | number;
  readonly convertClassicHistogramsToNHCB?: boolean;
  readonly scrapeClass?: string;
}

/** Without both, the namespace of the resource is meant. */
export interface NamespaceSelector {
  readonly any?: boolean;
  readonly matchNames?: readonly string[];
}

/** What both kinds of monitors say beside their endpoints. */
export interface MonitorSpec extends JobSpec {
  readonly jobLabel?: string;
  readonly podTargetLabels?: readonly string[];
  readonly selector?: LabelSelector;
  readonly selectorMechanism?: string;
  readonly namespaceSelector?: NamespaceSelector;
  readonly attachMetadata?: { readonly node?: boolean };
}

export interface ServiceMonitorSpec extends MonitorSpec {
  readonly targetLabels?: readonly string[];
  readonly endpoints?: readonly Endpoint[];
  readonly serviceDiscoveryRole?: string;
}

export interface PodMonitorSpec extends MonitorSpec {
  readonly podMetricsEndpoints?: readonly Endpoint[];
}

/** What is probed is asked of somebody else, the prober: an exporter such as blackbox_exporter. */
export interface ProbeSpec extends JobSpec, Omit<ClientSpec, keyof ProxyFields> {
  readonly jobName?: string;
  readonly prober?: ProxyFields & { readonly url?: string; readonly scheme?: string; readonly path?: string };
  readonly module?: string;
  readonly params?: readonly { readonly name: string; readonly values?: readonly string[] }[];
  readonly targets?: {
    /** Goes before the other. */
    readonly staticConfig?: {
      readonly static?: readonly string[];
      readonly labels?: Readonly<Record<string, string>>;
      readonly relabelingConfigs?: readonly RelabelFields[];
    };
    readonly ingress?: {
      readonly selector?: LabelSelector;
      readonly namespaceSelector?: NamespaceSelector;
      readonly relabelingConfigs?: readonly RelabelFields[];
    };
  };
  readonly interval?: string;
  readonly scrapeTimeout?: string;
  readonly metricRelabelings?: readonly RelabelFields[];
}

/** `v1alpha1` writes it so. */
export type AlphaClientSpec = Omit<ClientSpec, 'enableHttp2'> & { readonly enableHTTP2?: boolean };

export interface KubernetesSdSpec extends AlphaClientSpec {
  readonly apiServer?: string;
  readonly role?: string;
  readonly namespaces?: { readonly ownNamespace?: boolean; readonly names?: readonly string[] };
  readonly attachMetadata?: { readonly node?: boolean };
  readonly selectors?: readonly {
    readonly role?: string;
    readonly label?: string;
    readonly field?: string;
  }[];
}

/** A job as a whole. It has a list for each way to find targets; those that are not here are not known. */
export interface ScrapeConfigSpec extends JobSpec, AlphaClientSpec {
  readonly jobName?: string;
  readonly staticConfigs?: readonly {
    readonly targets?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly fileSDConfigs?: readonly {
    readonly files?: readonly string[];
    readonly refreshInterval?: string;
  }[];
  readonly httpSDConfigs?: readonly (AlphaClientSpec & {
    readonly url?: string;
    readonly refreshInterval?: string;
  })[];
  readonly kubernetesSDConfigs?: readonly KubernetesSdSpec[];
  readonly dnsSDConfigs?: readonly {
    readonly names?: readonly string[];
    readonly refreshInterval?: string;
    readonly type?: string;
    readonly port?: number;
  }[];
  readonly relabelings?: readonly RelabelFields[];
  readonly metricRelabelings?: readonly RelabelFields[];
  readonly metricsPath?: string;
  readonly scrapeInterval?: string;
  readonly scrapeTimeout?: string;
  readonly honorTimestamps?: boolean;
  readonly trackTimestampsStaleness?: boolean;
  readonly honorLabels?: boolean;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly scheme?: string;
  readonly enableCompression?: boolean;
  readonly nameValidationScheme?: string;
  readonly nameEscapingScheme?: string;
}

export interface PrometheusRuleSpec {
  readonly groups?: readonly Readonly<Record<string, unknown>>[];
}

export type ServiceMonitor = MonitoringObject<ServiceMonitorSpec>;
export type PodMonitor = MonitoringObject<PodMonitorSpec>;
export type Probe = MonitoringObject<ProbeSpec>;
export type ScrapeConfigResource = MonitoringObject<ScrapeConfigSpec>;
export type PrometheusRule = MonitoringObject<PrometheusRuleSpec>;
