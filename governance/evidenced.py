"""For which records of an organisation evidence is kept, and where it stands."""

from governance.commented import page_of_item, worked_on
from governance.evidence_places import Kind
from governance.models import Organisation, OrganisationEvidence, Policy

KINDS = [
    Kind("organisatie", Organisation, page_of_item, part=worked_on, has_only_parts=True, uses=OrganisationEvidence),
    Kind("beleid", Policy, lambda policy, part: policy.get_absolute_url(), uses=OrganisationEvidence),
]
