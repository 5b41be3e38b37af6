/** The rules of metrics and of logs, asked for together. */

import { ApiError } from '../../api/http.ts';
import { type RulesQuestion, rules } from '../../api/status.ts';
import type { RuleLanguage } from '../../api/status-answers.ts';
import type { OwnedGroup } from './groups.ts';

const LANGUAGES: readonly RuleLanguage[] = ['promql', 'logql'];

export interface LoadedGroups {
  readonly groups: readonly OwnedGroup[];
  /** Whether there are more than were asked for. */
  readonly hasMore: boolean;
}

/** `limit` holds for each language. */
export async function loadGroups(question: RulesQuestion, signal: AbortSignal): Promise<LoadedGroups> {
  const answers = await Promise.all(
    LANGUAGES.map(async (language) => {
      const { groups, groupNextToken } = await rules(language, question, signal).catch(withoutLogs(language));
      const owned = groups.map((group) => ({ ...group, language }));
      return { groups: owned, hasMore: groupNextToken !== undefined };
    }),
  );
  return {
    groups: answers.flatMap(({ groups }) => groups),
    hasMore: answers.some(({ hasMore }) => hasMore),
  };
}

/** Where tenants are told apart and none is named, rules of logs are nobody's; those of metrics are shown. */
function withoutLogs(language: RuleLanguage) {
  return (error: unknown) => {
    if (language === 'logql' && error instanceof ApiError && error.status === 401)
      return { groups: [], groupNextToken: undefined };
    throw error;
  };
}
