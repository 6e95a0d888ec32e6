-- dump of hr.absence
CREATE TABLE absence (associateId int, status varchar(40), message varchar(255));
INSERT INTO absence VALUES (12,'StatusNotAvailable','Ferie');
