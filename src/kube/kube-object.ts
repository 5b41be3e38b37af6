/** What every object of a Kubernetes API server has, and where objects of a kind are found there. */

export interface OwnerReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly controller?: boolean;
}

export interface ObjectMeta {
  readonly name?: string;
  /** Of objects that live in one. */
  readonly namespace?: string;
  readonly uid?: string;
  /** Opaque: compared for equality and handed back to the server, nothing else. */
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/**
 * Objects of one kind. Watches of the same resource (the same value) are shared, so a resource is a constant of whoever
 * looks at its objects.
 */
export interface KubeResource<T extends KubeObject> {
  /** `/api/v1` for the core group, `/apis/GROUP/VERSION` for any other. */
  readonly base: string;
  /** As in paths: `pods`. */
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** What of an object is kept: whole objects are large, and most of what they say is not looked at. */
  readonly keep: (object: T) => T;
}

/** Objects of a resource: of one namespace or of all, and those that selectors take. '' selects all. */
export interface Selection<T extends KubeObject> {
  readonly resource: KubeResource<T>;
  /** '' is all of them, and what objects outside of namespaces have. */
  readonly namespace: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/** All objects of a resource, or of one namespace. */
export function everything<T extends KubeObject>(resource: KubeResource<T>, namespace = ''): Selection<T> {
  return { resource, namespace, labelSelector: '', fieldSelector: '' };
}

/** Path of a list; with a name, of one object. */
export function objectPath(
  { base, plural, isNamespaced }: Pick<KubeResource<KubeObject>, 'base' | 'plural' | 'isNamespaced'>,
  namespace = '',
  name = '',
): string {
  const within = isNamespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${base}${within}/${plural}${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
}

/** `NAMESPACE/NAME`; the name alone where there is no namespace. */
export function objectKey({ metadata: { namespace = '', name = '' } }: KubeObject): string {
  return keyOf(namespace, name);
}

export function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The owner that manages the object, if one does. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** Of the metadata, what anybody looks at: without the history of who set which field, which is most of it. */
export function keptMeta(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, labels, annotations, ownerReferences } = metadata;
  return {
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(ownerReferences && { ownerReferences }),
  };
}
